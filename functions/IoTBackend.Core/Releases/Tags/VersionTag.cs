using System.Numerics;
using Semver;

namespace IoTBackend.Core.Releases.Tags;

/// <summary>
/// Reads a tag as a version by SemVer 2.0.0, strictly <c>MAJOR.MINOR.PATCH[-PRERELEASE]</c> with an optional leading <c>v</c>. Strict on purpose:
/// dates and build numbers (<c>20221209-1</c>) must not pass for versions. Build metadata cannot occur in a tag.
/// </summary>
public static class VersionTag
{
    private static readonly BigInteger Most = BigInteger.Pow(10, 18);

    /// <summary>Null = it is none.</summary>
    public static SemVersion? Parse(string text) =>
        SemVersion.TryParse(text, SemVersionStyles.AllowLowerV, out var version) && version.Metadata.Length == 0
            && version.Major < Most && version.Minor < Most && version.Patch < Most ? version : null;
}
