using System.Text;

namespace IoTBackend.Agent.Host;

/// <summary>Others' words, before they are told to anybody.</summary>
internal static class Words
{
    private const int LeastSecret = 4;

    public static string Long(TimeSpan time) => time.TotalDays >= 2 ? $"{time.TotalDays:0.#} days" : time.TotalHours >= 2 ? $"{time.TotalHours:0.#} hours" : $"{time.TotalMinutes:0.#} minutes";

    /// <summary>Addresses without user and password, and without what stands behind the question mark: a registry's storage signs there for whoever has it.</summary>
    public static string WithoutAccess(string text)
    {
        var kept = new StringBuilder();
        var from = 0;
        while (text.IndexOf("://", from, StringComparison.Ordinal) is var scheme and >= 0)
        {
            var end = scheme;
            while (end < text.Length && text[end] is > ' ' and not ('"' or '\'' or '<' or '>' or '\\'))
                end++;
            var host = scheme + "://".Length;
            var query = text.IndexOf('?', host, end - host) is var mark and >= 0 ? mark : end;
            var path = text.IndexOf('/', host, query - host) is var slash and >= 0 ? slash : query;
            var user = text.AsSpan(host..path).LastIndexOf('@') + 1;
            kept.Append(text, from, host - from).Append(text, host + user, query - host - user);
            from = end;
        }

        return kept.Append(text, from, text.Length - from).ToString();
    }

    /// <summary>A workload's last words, on one line: not what the device's file gave it, which may be a password, and no more of them than <paramref name="most"/>.</summary>
    public static string Last(string said, IEnumerable<string> given, int most)
    {
        // A line of a key is as good as the key.
        List<string> secrets = [.. given.SelectMany(value => value.Split('\n', StringSplitOptions.TrimEntries).Append(value)).Where(value => value.Length >= LeastSecret)];
        // One may be the beginning of another.
        secrets.Sort((a, b) => b.Length - a.Length);
        foreach (var secret in secrets)
            said = said.Replace(secret, "***", StringComparison.Ordinal);
        said = LogLine.Of(WithoutAccess(said)).Trim();
        return said.Length > most ? said[..most] : said;
    }
}
