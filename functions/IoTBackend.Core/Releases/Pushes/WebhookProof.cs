using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Core.Releases.Pushes;

/// <summary>How a sender shows that it knows a registry's webhook key. Compared in constant time.</summary>
/// <param name="Authorization">The header as sent; the key alone or after a scheme (<c>Bearer</c>).</param>
/// <param name="HubSignature256">GitHub's <c>X-Hub-Signature-256</c>: <c>sha256=</c> and the HMAC of the body in hex.</param>
public readonly record struct WebhookProof(string? Authorization, string? HubSignature256, ReadOnlyMemory<byte> Body)
{
    public bool Shows(string key)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        return Same(Authorization, bytes) || Same(Authorization?[(Authorization.IndexOf(' ', StringComparison.Ordinal) + 1)..], bytes)
            || (HubSignature256 is { } signature
                && Same(signature, Encoding.ASCII.GetBytes($"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(bytes, Body.Span))}")));
    }

    private static bool Same(string? given, byte[] expected) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), expected);
}
