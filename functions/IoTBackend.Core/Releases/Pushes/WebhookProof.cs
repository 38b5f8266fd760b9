using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>
/// How a sender shows that it knows a registry's webhook key: the key as <c>Authorization</c>, alone or after a scheme; as the
/// password of <c>Basic</c>; or as the key of a signature over the body, GitHub's (<c>X-Hub-Signature-256: sha256=HEX</c>) or Gitea's and
/// Forgejo's (<c>X-Gitea-Signature: HEX</c>). Compared in constant time.
/// </summary>
public readonly record struct WebhookProof(PushRequest Request)
{
    public bool Shows(string key)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        var authorization = Request.Header("Authorization");
        var credential = authorization?[(authorization.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        if (Same(authorization, bytes) || Same(credential, bytes) || Same(PasswordOf(authorization, credential), bytes))
            return true;
        var hub = Request.Header("X-Hub-Signature-256");
        var forge = Request.Header("X-Gitea-Signature") ?? Request.Header("X-Forgejo-Signature");
        if (hub is null && forge is null)
            return false;
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(bytes, Request.Body.Span));
        return Same(hub, Encoding.ASCII.GetBytes($"sha256={signature}")) || Same(forge, Encoding.ASCII.GetBytes(signature));
    }

    private static string? PasswordOf(string? authorization, string? credential)
    {
        if (credential is null || authorization?.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) != true)
            return null;
        var decoded = new byte[credential.Length];
        if (!Convert.TryFromBase64String(credential, decoded, out var length))
            return null;
        var text = Encoding.UTF8.GetString(decoded, 0, length);
        return text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? text[(colon + 1)..] : null;
    }

    private static bool Same(string? given, byte[] expected) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), expected);
}
