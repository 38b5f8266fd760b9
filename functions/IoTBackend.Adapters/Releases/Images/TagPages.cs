using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// Leads from page to page of a list of tags. Registries behind proxies name another scheme or host for the next one: of that only path
/// and query are taken, so that the list never leaves the registry. It ends at a page already seen, or when there are more than anybody has.
/// </summary>
internal sealed class TagPages(string repository)
{
    /// <summary>For all pages together.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>A repository with more tags is read up to here; the rest waits for its own events.</summary>
    private const int MaxTags = 20_000;

    private const int MaxPages = 500;

    private readonly HashSet<string> _seen = [];
    private readonly string _path = $"/v2/{repository}/tags/list";
    private int _tags;

    /// <summary>Path and query; null = that was all.</summary>
    public string? Next { get; private set; } = $"/v2/{repository}/tags/list?n=1000";

    public IEnumerable<string> Take(IReadOnlyList<string> tags, string? link)
    {
        _seen.Add(Next ?? "");
        var next = tags.Count > 0 ? NextOf(link) : null;
        Next = next is not null && _tags + tags.Count < MaxTags && _seen.Count < MaxPages && !_seen.Contains(next) ? next : null;
        var taken = tags.Take(MaxTags - _tags).Where(OciNames.IsTag).ToList();
        _tags += tags.Count;
        return taken;
    }

    /// <summary>RFC 8288: <c>&lt;address&gt;; rel="next"</c>, perhaps among others.</summary>
    private string? NextOf(string? header)
    {
        for (var rest = header ?? ""; rest.IndexOf('<', StringComparison.Ordinal) is >= 0 and var open;)
        {
            if (rest.IndexOf('>', open) is not (> 0 and var close))
                return null;
            var address = rest[(open + 1)..close];
            rest = rest[(close + 1)..];
            var parameters = rest.IndexOf('<', StringComparison.Ordinal) is >= 0 and var end ? rest[..end] : rest;
            if (IsNext(parameters)
                && Uri.TryCreate(new Uri($"https://registry.invalid{_path}"), address, out var uri)
                && uri.AbsolutePath.StartsWith("/v2/", StringComparison.Ordinal))
                return uri.PathAndQuery;
        }

        return null;
    }

    /// <summary>A link that does not say what it leads to can only be meant as this.</summary>
    private static bool IsNext(string parameters) => !parameters.Contains("rel", StringComparison.OrdinalIgnoreCase)
        || parameters.Replace("\"", "", StringComparison.Ordinal).Contains("rel=next", StringComparison.OrdinalIgnoreCase);
}
