using System.Text.RegularExpressions;
using Semver;

namespace IoTBackend.Core.Releases.Tags;

/// <summary>
/// Which versions a track takes, as npm reads ranges: <c>*</c>, <c>1.x</c>, <c>^1.2</c>, <c>~1.2.3</c>, <c>1.2 - 1.4</c>, <c>&gt;=1.2 &lt;2</c>, alternatives with <c>||</c>.
/// A bound with a pre-release takes those of its own version. The lowest there is, <c>-0</c>, means what Flux and Helm read in it: pre-releases of
/// every version in the range (<c>&gt;=1.0.0-0</c>, <c>2.x.x-0</c>); as an upper bound (<c>&lt;2.0.0-0</c>) it only keeps those of that version out.
/// </summary>
public sealed partial class VersionRange
{
    private readonly SemVersionRange _range;

    private VersionRange(SemVersionRange range) => _range = range;

    /// <summary>Null = it is no range, or one that takes nothing.</summary>
    public static VersionRange? Parse(string text)
    {
        // npm takes nothing for everything; here it is more likely forgotten.
        if (text.Split("||").Any(string.IsNullOrWhiteSpace))
            return null;
        var all = Lowest().Matches(text).Any(m => !m.Groups["sign"].Value.StartsWith('<'));
        // npm reads no pre-release behind an x, and lets one stand there.
        var plain = Wildcard().Replace(text, "${core}");
        return SemVersionRange.TryParseNpm(plain, all, out var range) && range != SemVersionRange.Empty ? new(range) : null;
    }

    public bool Contains(SemVersion version) => _range.Contains(version);

    [GeneratedRegex(@"(?<sign>[<>=~^]*)\s*v?[0-9xX*]+\.[0-9xX*]+\.[0-9xX*]+-0(?:$|[\s|])", RegexOptions.NonBacktracking)]
    private static partial Regex Lowest();

    [GeneratedRegex(@"(?<core>(?:[0-9]+|[xX*])\.(?:[0-9]+\.[xX*]|[xX*]\.(?:[0-9]+|[xX*]))|[xX*]\.[0-9]+\.[0-9]+)-[0-9A-Za-z.-]+", RegexOptions.NonBacktracking)]
    private static partial Regex Wildcard();
}
