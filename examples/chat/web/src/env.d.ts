interface ImportMetaEnv {
  /** Names of transports, separated by commas. */
  readonly VITE_TRANSPORTS: string;
}
