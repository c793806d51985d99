import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ChangeEvent, useEffect, useState } from "react";
import type { Issue } from "../client";
import { describeError } from "../rpc/describeError";
import { orpc, rpc } from "../rpc/rpc";
import styles from "./IssueDialog.module.css";
import { saveFile } from "./saveFile";

export function Attachments({ issue }: { issue: Issue }) {
  const queries = useQueryClient();
  const files = useQuery(orpc.attachments.list.queryOptions({ input: issue.id }));
  const download = useMutation(orpc.attachments.download.mutationOptions({ onSuccess: saveFile }));

  useEffect(() => {
    queries.invalidateQueries({ queryKey: orpc.attachments.key() });
  }, [queries, issue.attachments]);

  return (
    <section className={styles.section} aria-labelledby="files">
      <h3 id="files">Files</h3>
      <ul className={styles.list}>
        {files.data?.map((file) => (
          <li key={String(file.id)} className={styles.row}>
            <span className={styles.grow}>{file.name}</span>
            <span className="muted">{sizeOf(file.size)}</span>
            <button
              className="button"
              type="button"
              aria-label={`Download ${file.name}`}
              onClick={() => download.mutate(file.id)}
            >
              Download
            </button>
          </li>
        ))}
      </ul>
      {download.error && (
        <p className="error" role="alert">
          {describeError(download.error)}
        </p>
      )}
      <Upload issue={issue} />
    </section>
  );
}

function Upload({ issue }: { issue: Issue }) {
  const [share, setShare] = useState(0);
  const upload = useMutation({
    mutationFn: (file: File) =>
      rpc.attachments.add({ issue: issue.id, file }, { context: { onProgress: setShare } }),
    onMutate: () => setShare(0),
  });

  function choose({ currentTarget: input }: ChangeEvent<HTMLInputElement>) {
    const file = input.files?.[0];
    if (file) upload.mutate(file);
    input.value = "";
  }

  return (
    <>
      <label className="field">
        Add a file, up to 16 MiB
        <input type="file" onChange={choose} disabled={upload.isPending} />
      </label>
      {upload.isPending && (
        <progress className={styles.progress} aria-label="Upload" max={1} value={share}>
          {Math.round(share * 100)} %
        </progress>
      )}
      {upload.error && (
        <p className="error" role="alert">
          {describeError(upload.error)}
        </p>
      )}
    </>
  );
}

function sizeOf(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : bytes < 1024 ** 2 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
