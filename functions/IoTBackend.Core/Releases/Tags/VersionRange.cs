using System.Text.RegularExpressions;
using Semver;

namespace IoTBackend.Core.Releases.Tags;

/// <summary>
/// Which versions a track takes, as npm reads ranges: <c>*</c>, <c>1.x</c>, <c>^1.2</c>, <c>~1.2.3</c>, <c>1.2 - 1.4</c>, <c>&gt;=1.2 &lt;2</c>, alternatives with <c>||</c>.
/// A bound with a pre-release takes those of its own version. The lowest there is, <c>-0</c>, means what Flux and Helm read in it: pre-releases of
/// every version in its alternative (<c>&gt;=1.0.0-0</c>, <c>2.x.x-0</c>); as an upper bound (<c>&lt;2.0.0-0</c>) it only keeps those of that version out, and alone it
/// is one version.
/// </summary>
public sealed partial class VersionRange
{
    private readonly IReadOnlyList<SemVersionRange> _alternatives;

    private VersionRange(IReadOnlyList<SemVersionRange> alternatives) => _alternatives = alternatives;

    /// <summary>Null = it is no range, or one that takes nothing.</summary>
    public static VersionRange? Parse(string text)
    {
        var alternatives = text.Split("||").Select(Alternative).ToList();
        return alternatives.Contains(null) || alternatives.TrueForAll(a => a == SemVersionRange.Empty) ? null : new([.. alternatives.OfType<SemVersionRange>()]);
    }

    public bool Contains(SemVersion version) => _alternatives.Any(a => a.Contains(version));

    private static SemVersionRange? Alternative(string text)
    {
        // npm takes nothing for everything; here it is more likely forgotten.
        if (string.IsNullOrWhiteSpace(text))
            return null;
        // npm reads no pre-release behind an x, and lets one stand there.
        var plain = Wildcard().Replace(text, "${core}");
        return SemVersionRange.TryParseNpm(plain, Lowest().IsMatch(text), out var range) ? range : null;
    }

    /// <summary>Below it are others: behind a sign that says so, before a hyphen, or with an x.</summary>
    [GeneratedRegex(
        @"(?:>=?|\^|~>?)\s*v?[0-9xX*]+\.[0-9xX*]+\.[0-9xX*]+-0(?:$|\s)|v?[0-9]+\.[0-9]+\.[0-9]+-0\s+-\s|(?:^|\s|=)v?(?:[0-9]+\.(?:[0-9]+|[xX*])\.[xX*]|[xX*]\.[xX*]\.[xX*])-0(?:$|\s)",
        RegexOptions.NonBacktracking)]
    private static partial Regex Lowest();

    [GeneratedRegex(@"(?<core>(?:[0-9]+|[xX*])\.(?:[0-9]+\.[xX*]|[xX*]\.(?:[0-9]+|[xX*]))|[xX*]\.[0-9]+\.[0-9]+)-[0-9A-Za-z.-]+", RegexOptions.NonBacktracking)]
    private static partial Regex Wildcard();
}
