/** A router with what the conformance server has no procedures for. */
export const EDGES = {
  entries: [
    {
      name: "list",
      docs: "Lists what the filter leaves.",
      get: true,
      input: {
        anyOf: [
          {
            $define: "Filter",
            type: "object",
            properties: { text: { type: "string" }, limit: { type: ["integer", "null"], format: "uint8" } },
            required: ["limit"],
          },
          { type: "null" },
        ],
      },
      output: { type: "object", additionalProperties: { type: "integer", format: "uint64" } },
    },
    {
      name: "orders",
      entries: [
        {
          name: "buy",
          deprecated: ["2.0", "buy elsewhere"],
          input: { type: "object", properties: { id: { type: "integer", format: "uint64" } }, required: ["id"] },
          output: { type: "boolean" },
          errors: [
            {
              code: "OUT_OF_STOCK",
              message: "Too late",
              data: { type: "object", properties: { left: { type: "integer", format: "int64" } }, required: ["left"] },
            },
            { code: "CARD_DECLINED", message: "No", data: { type: ["string", "null"] } },
            { code: "CLOSED", message: "Not today", data: null },
          ],
        },
      ],
    },
  ],
};
