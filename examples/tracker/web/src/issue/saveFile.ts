/** Lets the browser save a file. */
export function saveFile(file: File) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  // The browser has the bytes once it has begun to save them.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
