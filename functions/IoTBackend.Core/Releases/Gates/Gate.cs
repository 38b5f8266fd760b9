using System.Security.Cryptography;
using System.Text.Json;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Tags;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>One release before the gates, with all that may be looked at. What costs something is gathered once, when a gate first asks.</summary>
/// <param name="Current">What the track's devices run now; null = nothing yet.</param>
/// <param name="Tag">What is known of the release's tag.</param>
/// <param name="Fleet">The enabled devices it is for.</param>
/// <param name="Attached">Evidence found in the registry or sent by an operator.</param>
public sealed record GateCase(
    Track Track, TagPolicy Policy, Release Release, Release? Current, TagRecord? Tag, DateTimeOffset Now,
    Lazy<Task<IReadOnlyList<Device>>> Fleet, Lazy<Task<IReadOnlyDictionary<string, DeviceModel>>> Models, Lazy<Task<AttachedEvidence>> Attached)
{
    public PlatformImage? For(Device device, Release release) => Platform.Parse(device.Platform) is { IsKnown: true } platform
        ? PlatformMatch.Choose(platform, release.Platforms, p => Platform.Parse(p.Platform) ?? Platform.Unknown, Track.Targets.AcrossFamilies)
        : null;
}

/// <param name="Until">For <see cref="Verdict.Waiting"/>: when it is judged again without being asked.</param>
public readonly record struct Judgement(Verdict Verdict, string Reason, DateTimeOffset? Until = null)
{
    public static Judgement Pass(string reason) => new(Verdict.Passed, reason);

    public static Judgement Hold(string reason) => new(Verdict.Held, reason);

    public static Judgement Skip(string reason) => new(Verdict.Skipped, reason);

    public static Judgement Wait(string reason, DateTimeOffset? until = null) => new(Verdict.Waiting, reason, until);
}

/// <summary>What stands between a pushed image and the fleet. It always gives a verdict and its reason.</summary>
public abstract class Gate(string name)
{
    private const int MaxReason = 600;

    /// <summary>As in a track's settings and in verdicts; a contract.</summary>
    public string Name { get; } = name;

    public async Task<GateVerdict> RunAsync(GateCase release, CancellationToken cancellationToken)
    {
        var (judgement, evidence) = await JudgeAsync(release, cancellationToken);
        var reason = judgement.Reason.Length > MaxReason ? judgement.Reason[..MaxReason] + " ..." : judgement.Reason;
        return new(Name, judgement.Verdict, reason, release.Now, evidence, judgement.Until);
    }

    protected abstract Task<(Judgement Judgement, string? Evidence)> JudgeAsync(GateCase release, CancellationToken cancellationToken);
}

/// <summary>A gate in its two halves: gather (input and output, bounded), then judge (pure).</summary>
public abstract class Gate<TEvidence>(string name) : Gate(name)
    where TEvidence : notnull
{
    protected sealed override async Task<(Judgement Judgement, string? Evidence)> JudgeAsync(GateCase release, CancellationToken cancellationToken)
    {
        if (NotAsked(release) is { } reason)
            return (Judgement.Pass(reason), null);
        try
        {
            var evidence = await GatherAsync(release, cancellationToken);
            return (Judge(release, evidence), DigestOf(evidence));
        }
        catch (RegistryContentException e)
        {
            return (Judgement.Hold(e.Message), null);
        }
        catch (Exception e) when (RegistryRetry.IsCase(e))
        {
            return (Judgement.Wait($"The registry cannot be read now: {e.Message}"), null);
        }
    }

    /// <summary>Why the track does not ask for it; null = it does.</summary>
    protected virtual string? NotAsked(GateCase release) => null;

    protected abstract Task<TEvidence> GatherAsync(GateCase release, CancellationToken cancellationToken);

    public abstract Judgement Judge(GateCase release, TEvidence evidence);

    private static string DigestOf(TEvidence evidence) =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(evidence, WireJson.Options)))}";
}

/// <summary>A gate that needs no more than the release itself.</summary>
public abstract class PlainGate(string name) : Gate(name)
{
    protected sealed override Task<(Judgement Judgement, string? Evidence)> JudgeAsync(GateCase release, CancellationToken cancellationToken) =>
        Task.FromResult<(Judgement, string?)>((Judge(release), null));

    public abstract Judgement Judge(GateCase release);
}
