namespace IoTBackend.Core.Releases.Tags;

/// <summary>
/// Which versions a track takes: <c>*</c>, <c>1.x</c>, <c>^1.2</c>, <c>~1.2.3</c>, <c>=1.2.3</c>, <c>&gt;=1.2 &lt;2</c>, and alternatives with <c>||</c>.
/// Pre-releases are taken only where a bound of the range names one (<c>&gt;=1.3.0-0</c>).
/// </summary>
public sealed class VersionRange
{
    private readonly Bounds[] _alternatives;

    private VersionRange(Bounds[] alternatives) => _alternatives = alternatives;

    public static VersionRange? Parse(string text)
    {
        var alternatives = text.Split("||").Select(ParseAll).ToArray();
        return alternatives.All(a => a is not null) ? new(alternatives.OfType<Bounds>().ToArray()) : null;
    }

    public bool Contains(SemanticVersion version) => _alternatives.Any(a => a.Contains(version));

    private static Bounds? ParseAll(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Bounds? all = parts.Length == 0 ? null : Bounds.Any;
        foreach (var part in parts)
            all = all is { } so && ParseOne(part) is { } one ? so.And(one) : null;
        return all;
    }

    private static Bounds? ParseOne(string text)
    {
        var sign = text.StartsWith(">=", StringComparison.Ordinal) || text.StartsWith("<=", StringComparison.Ordinal) ? text[..2]
            : text[0] is '^' or '~' or '>' or '<' or '=' ? text[..1] : "";
        if (Partial.Parse(text[sign.Length..]) is not { } v || (v.Major is null && sign.Length > 0))
            return null;
        return sign switch
        {
            "^" => new(v.Lowest, v.Major > 0 || v.Minor is null ? v.NextMajor : v.Minor > 0 || v.Patch is null ? v.NextMinor : v.NextPatch),
            "~" => new(v.Lowest, v.Minor is null ? v.NextMajor : v.NextMinor),
            ">=" => new(v.Lowest, null),
            "<" => new(null, v.Lowest),
            ">" => new(v.After, null),
            "<=" => new(null, v.After),
            _ => new(v.Lowest, v.After),
        };
    }

    /// <summary>From inclusive, to exclusive; null = open.</summary>
    private sealed record Bounds(SemanticVersion? From, SemanticVersion? To)
    {
        public static readonly Bounds Any = new(null, null);

        public bool Contains(SemanticVersion version) =>
            (From is null || version >= From) && (To is null || version < To)
            && (!version.IsPreRelease || Names(From, version) || Names(To, version));

        public Bounds And(Bounds other) => new(
            From is null || (other.From is not null && other.From > From) ? other.From : From,
            To is null || (other.To is not null && other.To < To) ? other.To : To);

        private static bool Names(SemanticVersion? bound, SemanticVersion version) => bound is { IsPreRelease: true }
            && (bound.Major, bound.Minor, bound.Patch) == (version.Major, version.Minor, version.Patch);
    }

    private sealed record Partial(long? Major, long? Minor, long? Patch, string PreRelease)
    {
        public SemanticVersion? Lowest => Major is null ? null : new(Major.Value, Minor ?? 0, Patch ?? 0, PreRelease);

        public SemanticVersion? NextMajor => Major is null ? null : new(Major.Value + 1, 0, 0, "");

        public SemanticVersion? NextMinor => Major is null ? null : new(Major.Value, (Minor ?? 0) + 1, 0, "");

        public SemanticVersion? NextPatch => Major is null ? null : new(Major.Value, Minor ?? 0, (Patch ?? 0) + 1, "");

        /// <summary>The first version after all that this one stands for.</summary>
        public SemanticVersion? After => PreRelease.Length > 0 ? Lowest! with { PreRelease = PreRelease + ".0" }
            : Minor is null ? NextMajor : Patch is null ? NextMinor : NextPatch;

        public static Partial? Parse(string text)
        {
            if (SemanticVersion.Parse(text) is { } full)
                return new(full.Major, full.Minor, full.Patch, full.PreRelease);
            var parts = text.TrimStart('v').Split('.');
            if (parts.Length is 0 or > 3)
                return null;
            var numbers = new long?[3];
            var open = false;
            for (var i = 0; i < parts.Length; i++)
            {
                if (parts[i] is "*" or "x" or "X")
                    open = true;
                else if (open || (numbers[i] = SemanticVersion.Number(parts[i])) is null)
                    return null;
            }

            return new(numbers[0], numbers[1], numbers[2], "");
        }
    }
}
