namespace IoTBackend.Core.Releases;

/// <summary>How reading a tag back ended.</summary>
public enum FollowResult
{
    /// <summary>The track does not follow such tags.</summary>
    NotFollowed,

    /// <summary>The registry has no such tag: a forged event, or one that time has passed over.</summary>
    Gone,

    /// <summary>It is the track's release already.</summary>
    Known,

    /// <summary>The registry's content cannot be read, not even for its digest.</summary>
    Refused,

    Held,

    /// <summary>For evidence, time or an approval.</summary>
    Waiting,
    Skipped,

    /// <summary>It is now the track's release.</summary>
    Activated,
}

/// <param name="Digest">What the tag names; null = nothing that could be read.</param>
/// <param name="Reason">For <see cref="FollowResult.Refused"/> and <see cref="FollowResult.Held"/>.</param>
public readonly record struct Followed(string Track, string Tag, FollowResult Result, string? Digest = null, string? Reason = null);
