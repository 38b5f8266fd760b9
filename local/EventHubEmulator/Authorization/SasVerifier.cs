using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.EventHubEmulator.Authorization;

/// <summary>A token was refused; the text goes to the client.</summary>
internal sealed class TokenRefusedException(string message) : Exception(message);

/// <summary>
/// Verifies <c>SharedAccessSignature sr=..&amp;sig=..&amp;se=..&amp;skn=..</c>: sig = base64(HMACSHA256(utf8(key), sr "\n" se)) over sr and se exactly as
/// sent, because encoders differ. Fields come in any order.
/// </summary>
internal sealed class SasVerifier(IReadOnlyCollection<AuthorizationRule> rules, TimeProvider time)
{
    private const string Scheme = "SharedAccessSignature ";
    private const int MaximumTokenLength = 4096;

    /// <exception cref="TokenRefusedException">Malformed, expired, unknown rule or wrong signature.</exception>
    public Grant Verify(string? token)
    {
        if (token is null || token.Length > MaximumTokenLength || !token.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw new TokenRefusedException("InvalidToken: a SharedAccessSignature was expected.");
        var fields = Fields(token[Scheme.Length..]);
        if (!fields.TryGetValue("sr", out var resource) || !fields.TryGetValue("sig", out var signature)
            || !fields.TryGetValue("se", out var expiry) || !fields.TryGetValue("skn", out var ruleName))
            throw new TokenRefusedException("MalformedToken: sr, sig, se and skn are needed.");
        if (!long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253402300799)
            throw new TokenRefusedException("MalformedToken: se is not a number of seconds.");
        var path = EntityPath.Parse(WebUtility.UrlDecode(resource));
        var rule = RuleFor(WebUtility.UrlDecode(ruleName), path, resource, expiry, signature);
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (expiresAt <= time.GetUtcNow()) throw new TokenRefusedException("ExpiredToken: The token is expired.");
        return new(path, rule.Rights, expiresAt);
    }

    private AuthorizationRule RuleFor(string name, EntityPath path, string resource, string expiry, string signature)
    {
        // The same answer for an unknown rule and a wrong key: a guesser learns nothing.
        byte[] claimed;
        try
        {
            claimed = Convert.FromBase64String(WebUtility.UrlDecode(signature));
        }
        catch (FormatException)
        {
            throw new TokenRefusedException("MalformedToken: sig is not base64.");
        }
        var signed = Encoding.UTF8.GetBytes($"{resource}\n{expiry}");
        foreach (var rule in rules.Where(rule => rule.Name == name && (rule.Hub is null || rule.Hub.Equals(path.Hub, StringComparison.OrdinalIgnoreCase))))
            if (CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Encoding.UTF8.GetBytes(rule.Key), signed), claimed))
                return rule;
        throw new TokenRefusedException("InvalidSignature: The token has an invalid signature.");
    }

    private static Dictionary<string, string> Fields(string token)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in token.Split('&'))
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !fields.TryAdd(field[..equals].Trim(), field[(equals + 1)..]))
                throw new TokenRefusedException("MalformedToken: a field is malformed or given twice.");
        }
        return fields;
    }
}
