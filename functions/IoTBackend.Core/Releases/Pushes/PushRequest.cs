using System.Net;
using System.Text;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>A request to the webhook, as far as its meaning depends on it.</summary>
/// <param name="Header">The value of a header by its name, whatever its case; null = not sent.</param>
public readonly record struct PushRequest(ReadOnlyMemory<byte> Body, Func<string, string?> Header)
{
    private static readonly byte[] Prefix = "payload="u8.ToArray();

    /// <summary>A message that comes without headers: from a queue.</summary>
    public static PushRequest Of(ReadOnlyMemory<byte> body) => new(body, _ => null);

    /// <summary>The body's JSON, also out of a form: GitHub and Gitea send <c>payload=</c> unless they are told otherwise.</summary>
    public ReadOnlyMemory<byte> Json
    {
        get
        {
            var form = Header("Content-Type")?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true
                || Body.Span.StartsWith(Prefix);
            foreach (var part in form ? Encoding.Latin1.GetString(Body.Span).Split('&') : [])
            {
                if (part.StartsWith("payload=", StringComparison.Ordinal))
                {
                    var value = Encoding.Latin1.GetBytes(part[Prefix.Length..]);
                    return WebUtility.UrlDecodeToBytes(value, 0, value.Length);
                }
            }

            return Body;
        }
    }

    /// <summary>The type of a CloudEvent in binary mode, whose body is the data alone (github.com/cloudevents/spec, http-protocol-binding.md, 3.1).</summary>
    public string? CloudEventType => Header("ce-type");

    /// <summary>The kind of event by a git forge's header; GitHub, Gitea and Forgejo send one with everything.</summary>
    public string? ForgeEvent => Header("X-Gitea-Event") ?? Header("X-Forgejo-Event") ?? Header("X-GitHub-Event");

    public bool IsGitea => (Header("X-Gitea-Event") ?? Header("X-Forgejo-Event")) is not null;
}
