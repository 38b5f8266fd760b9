using System.Text;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>One way in that a <c>WWW-Authenticate</c> header offers (RFC 9110, 11.6.1); one header may offer several.</summary>
internal sealed record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public string? Parameter(string name) => Parameters.GetValueOrDefault(name);

    public bool Is(string scheme) => Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>What cannot be read is left out. Linear in the header's length.</summary>
    public static IReadOnlyList<AuthChallenge> Parse(string header)
    {
        var challenges = new List<AuthChallenge>();
        Dictionary<string, string>? parameters = null;
        for (var rest = header.AsSpan().TrimStart(", \t"); !rest.IsEmpty; rest = rest.TrimStart(", \t"))
        {
            var end = rest.IndexOfAny("=, \t");
            var word = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[end..];
            if (rest.TrimStart(" \t") is ['=', ..] && parameters is not null)
            {
                rest = rest.TrimStart(" \t")[1..].TrimStart(" \t");
                // Of a parameter given twice the first counts.
                parameters.TryAdd(word.ToString(), TakeValue(ref rest));
                continue;
            }

            parameters = new(StringComparer.OrdinalIgnoreCase);
            challenges.Add(new(word.ToString(), parameters));
            rest = rest.TrimStart('=');
        }

        return challenges;
    }

    /// <summary>A token or a quoted string; in that a backslash takes the next character as it is.</summary>
    private static string TakeValue(ref ReadOnlySpan<char> text)
    {
        var value = new StringBuilder();
        var quoted = text is ['"', ..];
        var at = quoted ? 1 : 0;
        for (; at < text.Length && (quoted ? text[at] != '"' : text[at] is not (',' or ' ' or '\t')); at++)
        {
            if (quoted && text[at] == '\\' && at + 1 < text.Length)
                at++;
            value.Append(text[at]);
        }

        text = text[Math.Min(quoted ? at + 1 : at, text.Length)..];
        return value.ToString();
    }
}
