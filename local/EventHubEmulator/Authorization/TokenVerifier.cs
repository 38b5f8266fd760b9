using System.Buffers.Text;
using System.Text.Json;

namespace IoTBackend.EventHubEmulator.Authorization;

/// <summary>
/// Shared access signatures are verified. Entra ID tokens cannot be (there is no Entra ID here): they are refused unless the namespace is set to
/// take them unverified, for code that is to run with a credential object on a developer's machine.
/// </summary>
internal sealed class TokenVerifier(SasVerifier signatures, bool acceptUnverifiedJwt, TimeProvider time)
{
    public const string Jwt = "jwt";

    /// <exception cref="TokenRefusedException">The token proves nothing.</exception>
    public Grant Verify(string? token, string? type)
    {
        var isJwt = type == Jwt || (type is null && token?.StartsWith("ey", StringComparison.Ordinal) == true);
        if (!isJwt) return signatures.Verify(token);
        if (!acceptUnverifiedJwt) throw new TokenRefusedException("InvalidToken: Entra ID tokens are not accepted here; start with --accept-unverified-jwt.");
        var expiresAt = ExpiryOf(token!);
        if (expiresAt <= time.GetUtcNow()) throw new TokenRefusedException("ExpiredToken: The token is expired.");
        return new(new EntityPath(""), AccessRights.Manage, expiresAt);
    }

    private static DateTimeOffset ExpiryOf(string token)
    {
        try
        {
            var parts = token.Split('.');
            if (parts.Length >= 2)
            {
                using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
                if (claims.RootElement.TryGetProperty("exp", out var seconds) && seconds.TryGetInt64(out var value))
                    return DateTimeOffset.FromUnixTimeSeconds(value);
            }
        }
        catch (Exception error) when (error is FormatException or JsonException or ArgumentOutOfRangeException or InvalidOperationException)
        {
            // Refused below, like a token without a claim exp.
        }
        throw new TokenRefusedException("MalformedToken: the token has no readable claim exp.");
    }
}
