using System.Collections.Concurrent;
using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// How a list of referrers is asked for again with one request: which way its registry has, and what the list was. A version is
/// <c>etag {entity tag}</c> or <c>list {digest}</c> of an answer of the API, the digest of the tag that stands in for it, or
/// <see cref="ReferrerList.None"/>'s.
/// </summary>
internal sealed class ReferrerVersions(TimeProvider time)
{
    private const string Tag = "etag ";
    private const string List = "list ";

    /// <summary>A registry may get the API with an update.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _withoutApi = [];

    public bool MayHaveApi(ImageSource source, string? known) =>
        known?.StartsWith(Tag, StringComparison.Ordinal) == true || known?.StartsWith(List, StringComparison.Ordinal) == true
        || !(_withoutApi.TryGetValue(source.Registry.Host, out var until) && until > time.GetUtcNow());

    public void HasNoApi(ImageSource source) => _withoutApi[source.Registry.Host] = time.GetUtcNow() + Remembered;

    public static string OfAnswer(string? entityTag, string digest) => entityTag is { Length: > 2 and <= 200 } tag ? Tag + tag : List + digest;

    /// <summary>The entity tag to ask with; null = there is none.</summary>
    public static string? TagOf(string? version) => version?.StartsWith(Tag, StringComparison.Ordinal) == true ? version[Tag.Length..] : null;
}
