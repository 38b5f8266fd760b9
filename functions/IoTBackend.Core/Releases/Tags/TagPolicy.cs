using System.Numerics;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using IoTBackend.Core.Shared;
using Semver;

namespace IoTBackend.Core.Releases.Tags;

public enum TagOrder
{
    /// <summary>By version (<see cref="VersionTag"/>); tags that are not versions are not followed.</summary>
    Semver,

    /// <summary>By the whole number.</summary>
    Numeric,

    /// <summary>By code point.</summary>
    Alphabetic,

    /// <summary>One tag, named by <see cref="TagRules.Range"/>; the digest behind it may change and is followed.</summary>
    Exact,
}

/// <summary>How a track reads tags: filter, extract, order, as in Flux' ImagePolicy.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TagRules
{
    /// <summary>Regular expression the tag has to match; its group <c>version</c>, where it has one, is what is ordered.</summary>
    public string? Filter { get; init; }

    public TagOrder Order { get; init; }

    /// <summary>For <c>semver</c> the versions it takes, as npm reads ranges (<c>^1.2</c>, <c>&gt;=1.2 &lt;2</c>), for <c>exact</c> the tag; nothing for the others.</summary>
    public string? Range { get; init; }

    /// <summary>Take an older version when it is pushed later. Off: never backwards.</summary>
    public bool AllowDowngrade { get; init; }
}

/// <summary>A track's rules about tags, ready for use.</summary>
public sealed class TagPolicy
{
    private readonly Regex? _filter;
    private readonly VersionRange? _range;

    private TagPolicy(TagRules rules, Regex? filter, VersionRange? range) => (Rules, _filter, _range) = (rules, filter, range);

    public TagRules Rules { get; }

    /// <summary>A version tag names one image for good; only an exact tag (<c>latest</c>) may move.</summary>
    public bool IsImmutable => Rules.Order != TagOrder.Exact;

    public static Result<TagPolicy> Create(TagRules rules)
    {
        Regex? filter = null;
        if (rules.Filter is { } pattern)
        {
            if (pattern.Length > 256)
                return Result<TagPolicy>.Rejected("tags.filter: at most 256 characters.");
            try
            {
                // Linear in the tag's length whatever the pattern.
                filter = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                return Result<TagPolicy>.Rejected($"tags.filter: {e.Message}");
            }
        }

        VersionRange? range = null;
        switch (rules.Order)
        {
            case TagOrder.Semver when rules.Range is { } text && (range = VersionRange.Parse(text)) is null:
                return Result<TagPolicy>.Rejected("tags.range: not a range of versions, such as ^1.2, ~1.2.3, 1.x or >=1.2 <2.");
            case TagOrder.Exact when !Images.OciNames.IsTag(rules.Range):
                return Result<TagPolicy>.Rejected("tags.range: with order exact, name the tag to follow.");
            case TagOrder.Numeric or TagOrder.Alphabetic when rules.Range is not null:
                return Result<TagPolicy>.Rejected($"tags.range has no meaning with this order; use tags.filter.");
        }

        return new TagPolicy(rules, filter, range);
    }

    /// <summary>Null when the tag is followed; otherwise why not.</summary>
    public string? Refuses(string tag)
    {
        if (!Images.OciNames.IsTag(tag) || Images.OciNames.IsReferrerTag(tag))
            return "The tag is not a version.";
        if (Extract(tag) is not { } extract)
            return $"The tag does not match the filter {Rules.Filter}.";
        return Rules.Order switch
        {
            TagOrder.Semver => VersionTag.Parse(extract) is not { } version ? "The tag is not a version MAJOR.MINOR.PATCH."
                : _range is null ? (version.IsPrerelease ? "Pre-releases are not followed without a range that names one." : null)
                : _range.Contains(version) ? null : $"The version is not in {Rules.Range}.",
            TagOrder.Numeric => IsNumber(extract) ? null : "The tag is not a number.",
            TagOrder.Exact => tag == Rules.Range ? null : $"Only the tag {Rules.Range} is followed.",
            _ => null,
        };
    }

    /// <summary>Orders two tags that are followed: negative when <paramref name="left"/> is older.</summary>
    public int Compare(string left, string right)
    {
        var (a, b) = (Extract(left) ?? left, Extract(right) ?? right);
        return Rules.Order switch
        {
            TagOrder.Semver => SemVersion.ComparePrecedence(VersionTag.Parse(a), VersionTag.Parse(b)),
            TagOrder.Numeric => (IsNumber(a) ? BigInteger.Parse(a, null) : -1).CompareTo(IsNumber(b) ? BigInteger.Parse(b, null) : -1),
            TagOrder.Alphabetic => string.CompareOrdinal(a, b),
            _ => 0,
        };
    }

    private string? Extract(string tag)
    {
        if (_filter is null)
            return tag;
        var match = _filter.Match(tag);
        return !match.Success ? null : match.Groups["version"] is { Success: true } version ? version.Value : tag;
    }

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);
}
