using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Images;

namespace IoTBackend.Core.Releases;

public enum Verdict
{
    Passed,

    /// <summary>Nothing is wrong with it, it is just not for the fleet: older than what is out.</summary>
    Skipped,

    /// <summary>An operator has to look at it.</summary>
    Held,

    /// <summary>Evidence, time or an approval is not there yet.</summary>
    Waiting,
}

/// <param name="Gate">Its name, as in a track's settings where it has any: <c>tag</c>, <c>order</c>, <c>digest</c>, <c>platforms</c>, <c>size</c> ...</param>
/// <param name="Reason">A sentence for an operator.</param>
/// <param name="At">When this verdict was first given.</param>
/// <param name="Evidence">Digest of what was judged; null = the release itself. An override is of the evidence it was given for.</param>
/// <param name="Until">For what waits: when it is judged again without being asked.</param>
public sealed record GateVerdict(string Gate, Verdict Verdict, string Reason, DateTimeOffset At, string? Evidence = null, DateTimeOffset? Until = null);

/// <summary>An operator let a gate's verdict not count. It stays on the release for ever.</summary>
/// <param name="Evidence">What the gate had judged: what is found later is not covered.</param>
public sealed record GateOverride(string Gate, string By, string Reason, DateTimeOffset At, string? Evidence = null);

/// <param name="By">Who, as they name themselves or as the platform knows them.</param>
public sealed record Approval(string By, DateTimeOffset At, string? Note = null);

/// <summary>Something was found in an image that is out.</summary>
/// <param name="Since">When the first of it was found; in the alert's id.</param>
/// <param name="Verdicts">Of the gates that would not let it out now.</param>
/// <param name="IsTold">Operators were told of just this.</param>
/// <param name="Devices">The most that ran it when operators were told.</param>
public sealed record ReleaseExposure(DateTimeOffset Since, IReadOnlyList<GateVerdict> Verdicts, bool IsTold = false, int Devices = 0)
{
    public string Reason => string.Join(' ', Verdicts.Select(v => v.Reason));
}

public enum ReleaseState
{
    /// <summary>What the track's devices are to run.</summary>
    Active,

    /// <summary>A gate did not let it through.</summary>
    Held,

    /// <summary>A gate waits for evidence, time or an approval.</summary>
    Waiting,

    /// <summary>A newer one is out.</summary>
    Superseded,

    /// <summary>An operator took it back.</summary>
    Withdrawn,
}

/// <summary>A pushed image on a track, whatever the number of events and tags that told of it.</summary>
public sealed record Release
{
    /// <summary><c>{track}-{first 32 hex digits of the digest}</c>: 128 bits, and the whole digest is compared when it is read.</summary>
    public required string Id { get; init; }

    public required string Track { get; init; }

    public required string Registry { get; init; }

    public required string Repository { get; init; }

    /// <summary>Of the index (of the manifest where there is none): what devices are pinned to.</summary>
    public required string Digest { get; init; }

    public required string MediaType { get; init; }

    /// <summary>The newest of <see cref="Tags"/> by the track's order.</summary>
    public required string Tag { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public required DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>When one of its tags was last pushed, as far as anybody told; null = when it was first seen.</summary>
    public DateTimeOffset? PushedAt { get; init; }

    /// <summary>When it became the track's release; null = never was.</summary>
    public DateTimeOffset? ActivatedAt { get; init; }

    /// <summary>When the work of telling its devices was all queued; null = not yet.</summary>
    public DateTimeOffset? OfferedAt { get; init; }

    /// <summary>When an operator took it back; it does not go out again by itself. Null = nobody did.</summary>
    public DateTimeOffset? WithdrawnAt { get; init; }

    public string? WithdrawnBy { get; init; }

    public IReadOnlyList<PlatformImage> Platforms { get; init; } = [];

    /// <summary>Parts of the index that are of no use, each with the reason.</summary>
    public IReadOnlyList<string> Unusable { get; init; } = [];

    /// <summary>Where index and configs disagree, and which of them counts.</summary>
    public IReadOnlyList<string> Contradictions { get; init; } = [];

    /// <summary>Since when the registry no longer has it; null = it has.</summary>
    public DateTimeOffset? SourceGoneAt { get; init; }

    /// <summary>Operators were told of that.</summary>
    public bool SourceGoneTold { get; init; }

    public IReadOnlyList<GateVerdict> Gates { get; init; } = [];

    public IReadOnlyList<GateOverride> Overrides { get; init; } = [];

    public IReadOnlyList<Approval> Approvals { get; init; } = [];

    /// <summary>What its containers ask for, all platforms together.</summary>
    public Privileges? Privileges { get; init; }

    /// <summary>Operators were told that it is held.</summary>
    public bool HeldAlerted { get; init; }

    /// <summary>How often it was held and then no longer: each time is an alert of its own.</summary>
    public int HeldBefore { get; init; }

    /// <summary>What was found in it after it went out; null = nothing, or it is over.</summary>
    public ReleaseExposure? Exposed { get; init; }

    public string Image => $"{Registry}/{Repository}@{Digest}";

    public DateTimeOffset LastPushedAt => PushedAt ?? FirstSeenAt;

    /// <summary>What is not for the fleet anyway is not held, whatever else is wrong with it.</summary>
    public bool IsHeld => Gates.Any(g => g.Verdict == Verdict.Held && !IsOverridden(g)) && !IsSkipped;

    public bool IsWaiting => !IsHeld && !IsSkipped && Gates.Any(g => g.Verdict == Verdict.Waiting && !IsOverridden(g));

    public string HeldReasons => string.Join(' ', Gates.Where(g => g.Verdict == Verdict.Held && !IsOverridden(g)).Select(g => g.Reason));

    public bool MayGoOut => WithdrawnAt is null && Gates.Count > 0 && Gates.All(g => g.Verdict == Verdict.Passed || IsOverridden(g));

    private bool IsSkipped => Gates.Any(g => g.Verdict == Verdict.Skipped);

    public bool IsOverridden(GateVerdict verdict) => verdict.Verdict is Verdict.Held or Verdict.Waiting
        && Overrides.Any(o => o.Gate == verdict.Gate && o.Evidence == verdict.Evidence);

    /// <param name="currentId">The track's release.</param>
    public ReleaseState StateWhen(string? currentId) => currentId == Id ? ReleaseState.Active
        : WithdrawnAt is not null ? ReleaseState.Withdrawn
        : ActivatedAt is not null ? ReleaseState.Superseded
        : IsHeld ? ReleaseState.Held
        // Stored before it is judged.
        : IsWaiting || Gates.Count == 0 ? ReleaseState.Waiting : ReleaseState.Superseded;

    public static string IdOf(string track, string digest) => $"{track}-{digest.AsSpan("sha256:".Length, 32)}";

    /// <summary>The track of an id; null when it is none.</summary>
    public static string? TrackOf(string id) =>
        id.LastIndexOf('-') is > 0 and var dash && id.Length - dash - 1 == 32 && id.AsSpan(dash + 1).TrimStart("0123456789abcdef").IsEmpty
            && OciNames.IsTrack(id[..dash]) ? id[..dash] : null;
}

/// <summary>What a tag of a track's repository was seen to name.</summary>
/// <param name="First">The first digest: for a version tag the only one it should ever have. Empty = none could be read yet.</param>
/// <param name="Last">The digest when it was last read.</param>
/// <param name="MovedAt">When it was first seen to name another.</param>
/// <param name="Alerted">Operators were told of that.</param>
/// <param name="UnreadableAt">Since when the registry answers with what cannot be read, not even for a digest.</param>
/// <param name="UnreadableTold">Operators were told of that.</param>
public sealed record TagRecord(
    string Tag, string First, string Last, DateTimeOffset? MovedAt = null, bool Alerted = false,
    DateTimeOffset? UnreadableAt = null, bool UnreadableTold = false);
