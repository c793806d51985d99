type Props = { className?: string | undefined };

export function Logo({ className }: Props) {
  return <img className={className} src="/favicon.svg" alt="" width="32" height="32" />;
}
