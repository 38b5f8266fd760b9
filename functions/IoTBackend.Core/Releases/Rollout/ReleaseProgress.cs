using System.Text.Json;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases.Desired;

namespace IoTBackend.Core.Releases.Rollout;

/// <param name="State">
/// <c>waiting</c>, <c>told</c>, or the device's own word: <c>downloading</c>, <c>downloaded</c>, <c>installing</c>, <c>running</c>, <c>failed</c>, <c>deferred</c>. In a
/// rollout also <c>observed</c> (its telemetry names the image; it soaks), <c>lost</c> (left the denominator), <c>rolledBack</c>, <c>superseded</c>; <c>running</c> is then what was observed.
/// </param>
/// <param name="Reason">Why it waits, failed or deferred.</param>
/// <param name="Code">The same from a closed set: <c>offline</c>, <c>battery</c>, <c>otherTrack</c>, <c>pinned</c>, <c>silent</c>, <c>mismatch</c> ...</param>
/// <param name="Until">When what it waits for is expected to be over.</param>
public sealed record DeviceProgress(
    string DeviceId, string State, string? Reason = null, string? PlatformDigest = null, long? DesiredVersion = null, DateTimeOffset? At = null,
    string? Code = null, DateTimeOffset? Until = null);

/// <summary>How far each device a release is for has come.</summary>
public sealed class ReleaseProgress(ITracks tracks, IDeviceRegistry devices, IDesiredStates states, IRolloutStore rollouts, TimeProvider time)
{
    public const string Waiting = "waiting";
    public const string Told = "told";
    public const string Running = "running";
    public const string NotCurrent = "another release is out";
    public const string NotTold = "about to be told";

    public async IAsyncEnumerable<DeviceProgress> ListAsync(
        Release release, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reports = await CollectAsync(states.ListReportsAsync(release.Track, cancellationToken), cancellationToken);
        if (await rollouts.FindAsync(release.Id, cancellationToken) is { Value: { Plan: > 0 } rollout })
        {
            var now = time.GetUtcNow();
            var waves = rollout.Forecast(now);
            await foreach (var block in rollouts.ListAsync(rollout, cancellationToken))
            {
                var waits = WaitsFor(rollout, block, waves, now);
                foreach (var device in block.Devices)
                    yield return OfRollout(rollout, device, reports.GetValueOrDefault(device.Id), waits);
            }

            yield break;
        }

        var track = await tracks.FindAsync(release.Track, cancellationToken);
        var current = (await tracks.CurrentAsync(release.Track, cancellationToken))?.Value;
        var desired = await CollectAsync(states.ListAsync(cancellationToken), cancellationToken);
        await foreach (var device in devices.ListAsync(cancellationToken))
        {
            var state = desired.GetValueOrDefault(device.Id, DesiredState.Nothing);
            if (state.Workloads.FirstOrDefault(w => w.Release == release.Id) is { } workload)
                yield return OfTold(device.Id, state.Version, workload, reports.GetValueOrDefault(device.Id));
            else if (track is not null && track.Targets.Match(device))
                yield return new(device.Id, Waiting, ReasonToWait(device, release, track, current));
        }
    }

    /// <summary>For what a block's devices wait that have not had their turn, and until when; null = nobody can tell.</summary>
    private static (string Code, DateTimeOffset? Until) WaitsFor(StagedRollout rollout, RolloutBlock block, IReadOnlyList<WaveForecast> waves, DateTimeOffset now) =>
        rollout.IsOver ? ("over", null)
        : rollout.WaitsForOperator is { } halt ? (halt, null)
        : rollout.State != RolloutState.Done && block.Wave > rollout.Wave ? (Because.Wave, waves.FirstOrDefault(w => w.Wave == block.Wave + 1)?.Begins)
        : rollout.MayOffer && rollout.WindowOpensAt(now) is { } opens ? (Because.Window, opens)
        : (Because.Wave, null);

    /// <param name="waits">For what it waits where it does not say, or an operator has to decide.</param>
    private static DeviceProgress OfRollout(StagedRollout rollout, RolloutDevice device, ReportedState? report, (string Code, DateTimeOffset? Until) waits)
    {
        if (device.Step == UpdateStep.Waiting && rollout.WaitsForOperator is not null && Because.IsTurn(device.Code))
            device = device with { Code = null, Reason = null, Until = null };
        return Of(rollout, device, report, waits);
    }

    private static DeviceProgress Of(StagedRollout rollout, RolloutDevice device, ReportedState? report, (string Code, DateTimeOffset? Until) waits) => new(
        device.Id,
        device.Step switch
        {
            UpdateStep.Offering => Told,
            UpdateStep.Told => report?.Release != rollout.Release || !device.IsAbout(report) ? Told
                : report.State == UpdateState.Installed ? "installed" : JsonNamingPolicy.CamelCase.ConvertName(report.State.ToString()),
            UpdateStep.Done => Running,
            _ => JsonNamingPolicy.CamelCase.ConvertName(device.Step.ToString()),
        },
        device.Reason ?? (device.Step == UpdateStep.Told ? report?.Reason : null), device.PlatformDigest, null, device.ObservedAt ?? device.ToldAt,
        device.Step == UpdateStep.Waiting ? device.Code ?? waits.Code : device.Code,
        device.Until ?? (device.Step == UpdateStep.Waiting && (device.Code ?? waits.Code) == waits.Code ? waits.Until : null));

    private static DeviceProgress OfTold(string deviceId, long version, Workload workload, ReportedState? report) => report?.Release != workload.Release
        ? new(deviceId, Told, null, workload.PlatformDigest, version)
        : new(deviceId, report.State == UpdateState.Installed ? Running : JsonNamingPolicy.CamelCase.ConvertName(report.State.ToString()), report.Reason, workload.PlatformDigest, version, report.At);

    private static string ReasonToWait(Device device, Release release, Track track, string? current) =>
        Offer.To(device, release, track.Targets).Reason ?? (release.IsHeld ? "held" : current == release.Id ? NotTold : NotCurrent);

    private static async Task<Dictionary<string, T>> CollectAsync<T>(IAsyncEnumerable<KeyValuePair<string, T>> rows, CancellationToken cancellationToken)
    {
        var all = new Dictionary<string, T>(StringComparer.Ordinal);
        await foreach (var (key, value) in rows.WithCancellation(cancellationToken))
            all[key] = value;
        return all;
    }
}
