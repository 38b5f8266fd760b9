using System.Globalization;

namespace IoTBackend.Core.Releases.Tags;

/// <summary>
/// A version by SemVer 2.0.0, strictly <c>MAJOR.MINOR.PATCH[-PRERELEASE]</c> with an optional leading <c>v</c>. Strict on purpose:
/// dates and build numbers (<c>20221209-1</c>) must not pass for versions. Build metadata cannot occur in a tag.
/// </summary>
public sealed record SemanticVersion(long Major, long Minor, long Patch, string PreRelease) : IComparable<SemanticVersion>
{
    public bool IsPreRelease => PreRelease.Length > 0;

    public static SemanticVersion? Parse(string text)
    {
        var rest = text.StartsWith('v') ? text.AsSpan(1) : text;
        var dash = rest.IndexOf('-');
        var core = dash < 0 ? rest : rest[..dash];
        var preRelease = dash < 0 ? "" : rest[(dash + 1)..].ToString();
        if (dash >= 0 && !preRelease.Split('.').All(IsIdentifier))
            return null;
        Span<Range> parts = stackalloc Range[4];
        if (core.Split(parts, '.') != 3)
            return null;
        return Number(core[parts[0]]) is { } major && Number(core[parts[1]]) is { } minor && Number(core[parts[2]]) is { } patch
            ? new(major, minor, patch, preRelease)
            : null;
    }

    public int CompareTo(SemanticVersion? other)
    {
        if (other is null)
            return 1;
        var core = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        if (core != 0 || PreRelease == other.PreRelease)
            return core;
        if (!IsPreRelease || !other.IsPreRelease)
            return IsPreRelease ? -1 : 1;
        var (left, right) = (PreRelease.Split('.'), other.PreRelease.Split('.'));
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            var order = CompareIdentifiers(left[i], right[i]);
            if (order != 0)
                return order;
        }

        return left.Length.CompareTo(right.Length);
    }

    public static bool operator <(SemanticVersion left, SemanticVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(SemanticVersion left, SemanticVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(SemanticVersion left, SemanticVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SemanticVersion left, SemanticVersion right) => left.CompareTo(right) >= 0;

    public override string ToString() => IsPreRelease ? $"{Major}.{Minor}.{Patch}-{PreRelease}" : $"{Major}.{Minor}.{Patch}";

    internal static long? Number(ReadOnlySpan<char> text) =>
        text is { Length: > 0 and <= 18 } && (text.Length == 1 || text[0] != '0')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool IsIdentifier(string part) =>
        part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && (!part.All(char.IsAsciiDigit) || part.Length == 1 || part[0] != '0');

    // Numbers by value and before words; words by ASCII (SemVer 2.0.0, 11.4). Digits may be too many for a long.
    private static int CompareIdentifiers(string left, string right) => (left.All(char.IsAsciiDigit), right.All(char.IsAsciiDigit)) switch
    {
        (true, true) when left.Length != right.Length => left.Length.CompareTo(right.Length),
        (true, false) => -1,
        (false, true) => 1,
        _ => string.CompareOrdinal(left, right),
    };
}
