// The rows of both runners as a table in Markdown.

const HEAD = [
  "library", "version", "checks", "setting", "cannot",
  "revoked session's token", "late; behind", "unknown key", "outage",
];

export function markdown(rows) {
  const libraries = [...new Set(rows.map((row) => row.library))].sort((a, b) => a.localeCompare(b));
  const lines = libraries.map((library) => line(rows.filter((row) => row.library === library)));
  return [HEAD, HEAD.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function line(rows) {
  const fact = (name) => rows.find((row) => row.fact === name)?.value ?? "";
  const checks = rows.filter((row) => row.check);
  const passed = checks.filter((row) => row.outcome !== "failed").length;
  const cannot = checks.filter((row) => row.outcome === "cannot").map((row) => row.check);
  const shift = fact("late") === "" ? "" : `${fact("late")} s; ${fact("behind")} s`;
  return [
    rows[0].library, fact("version"), `${passed} of ${checks.length}`, fact("setting"), cannot.join("; "),
    fact("revoked"), shift, fact("unknown"), fact("outage"),
  ];
}
