const ESCAPES = "Chromium reads the name of a file in a form's response as it stands, with the escapes that all writers make";

/** The cases with names of files that a form has to escape, as `runCases` leaves them out. */
export function fileNames(group) {
  const names = ['with "quotes".txt', "back\\slash\\", "new\nline\r.txt"];
  const fullName = (name) => `${group} > files > a file arrives by the name ${JSON.stringify(name)} and is returned`;
  return Object.fromEntries(names.map((name) => [fullName(name), ESCAPES]));
}
