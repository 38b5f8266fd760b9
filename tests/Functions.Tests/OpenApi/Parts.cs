using System.Text.Json.Nodes;

namespace Functions.Tests.OpenApi;

/// <summary>What no type of ours says: problems, credentials, and readings, which are parsed without a type of their form.</summary>
internal static class Parts
{
    public static string Phrase(int status) => status switch
    {
        200 => "As asked",
        201 => "Made",
        202 => "Taken",
        204 => "Done",
        304 => "Unchanged",
        400 => "Refused; the detail says why and how to mend it",
        401 => "The credential is missing or wrong",
        403 => "The device is disabled or deleted, or its key was rotated away",
        404 => "There is none",
        409 => "It stands against something else; the detail says what",
        412 => "It has changed since it was read",
        413 => "The body is too large",
        415 => "The content type or encoding is not known",
        422 => "Not understood; the detail says why",
        429 => "Slow down; nothing was taken. See Retry-After",
        502 => "The receiver did not take it; the detail says why",
        503 => "A service is unavailable; nothing was taken. See Retry-After",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Say it in a <response code> of the function."),
    };

    public static JsonNode SecuritySchemes() => JsonNode.Parse("""
        {
          "functionKey": { "type": "apiKey", "in": "header", "name": "x-functions-key" },
          "deviceCredential": {
            "type": "apiKey", "in": "header", "name": "Authorization",
            "description": "SharedAccessSignature sr={urlenc(host/devices/deviceId)}&sig={urlenc(base64(HMACSHA256(base64decode(key), sr + \"\\n\" + se)))}&se={unix seconds, at most 30 days ahead}"
          }
        }
        """)!;

    public static JsonNode IfMatch() => JsonNode.Parse("""
        { "name": "If-Match", "in": "header", "schema": { "type": "string" }, "description": "The ETag of what was looked at; left out = whatever it is now" }
        """)!;

    public static JsonNode Problem() => JsonNode.Parse("""
        {
          "type": "object",
          "required": ["title", "status"],
          "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What was wrong and how to mend it." },
            "traceId": { "type": "string" }
          },
          "description": "RFC 9457."
        }
        """)!;

    public static JsonNode Reading() => JsonNode.Parse("""
        {
          "type": "object",
          "description": "Every member may be missing; {} is a heartbeat. A member that cannot be used costs the member, not the reading.",
          "properties": {
            "ts": { "type": "string", "format": "date-time" },
            "seq": { "type": "integer", "minimum": 0 },
            "battery": {
              "type": "object",
              "properties": {
                "percent": { "type": "number", "minimum": 0, "maximum": 100 },
                "voltage": { "type": "number", "minimum": 0, "maximum": 100 },
                "charging": { "type": "boolean" }
              }
            },
            "link": {
              "type": "object",
              "properties": { "rssi": { "type": "number", "minimum": -200, "maximum": 20 }, "snr": { "type": "number" }, "gateway": { "type": "string" } }
            },
            "image": { "type": "object", "properties": { "track": { "type": "string" }, "digest": { "type": "string" } } },
            "next": { "type": "number", "description": "Seconds until the device means to report again." },
            "metrics": { "type": "object" }
          }
        }
        """)!;

    public static JsonNode Readings() => JsonNode.Parse("""
        { "oneOf": [{ "$ref": "#/components/schemas/Reading" }, { "type": "array", "items": { "$ref": "#/components/schemas/Reading" } }] }
        """)!;
}
