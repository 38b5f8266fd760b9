using System.Diagnostics;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Changes;
using IoTBackend.Adapters.Releases;
using IoTBackend.Adapters.Releases.Desired;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using IoTBackend.Benchmarks.Processing;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace IoTBackend.Benchmarks.Gates;

/// <summary>
/// Who is exposed, asked of a fleet of which half names what it runs, by a process that has nothing in memory. Blobs are the storage emulator's; tables,
/// of which the emulator goes through the whole for each page, are in memory, behind HTTP.
/// </summary>
internal static class ExposureBenchmark
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    public static async Task RunAsync(TableServiceClient tables, BlobServiceClient blobs, int devices)
    {
        Console.Error.WriteLine($"{devices:N0} devices");
        var releases = new TableReleases(tables, new ChangeNotes(new(tables, TimeProvider.System), TimeProvider.System));
        var (old, mended) = (Made("1.0.0", '1'), Made("1.0.1", '2'));
        foreach (var release in new[] { old, mended })
            await releases.TrySaveAsync(release, null, CancellationToken.None);
        var desired = new TableDesiredStates(tables, new(tables, TimeProvider.System), new(TimeProvider.System));
        var states = new TableDeviceStates(
            tables, new OutboxRelay(new NoAlerts(), NullLogger<OutboxRelay>.Instance), NoLetters.Damaged, Options.Create(new DeviceStateOptions()));
        Finding[] findings = [.. Enumerable.Range(2, 400).Select(i => new Finding($"CVE-2026-{i}", FindingSeverity.Low, $"package-{i}", "1"))];
        var evidence = new BlobEvidence(blobs);
        await evidence.SaveAsync(old.Id, new ReleaseContents([.. findings, new Finding("CVE-2026-1", FindingSeverity.High, "openssl", "3.0.1")], []), CancellationToken.None);
        await evidence.SaveAsync(mended.Id, new ReleaseContents(findings, []), CancellationToken.None);
        string[] ids = [.. Enumerable.Range(0, devices).Select(i => $"device-{i:000000}")];
        var workload = new Workload("sensor", old.Image, old.Tag, old.Id, old.Platforms[0].Digest, 10);
        foreach (var shard in ids.GroupBy(desired.ShardOf))
            await desired.ChangeAsync(shard.Key, [.. shard], (_, state) => state.With(workload), CancellationToken.None);
        foreach (var shard in ids.Where((_, i) => i % 2 == 0).GroupBy(states.ShardOf))
            await NameAsync(states, shard.Key, shard, old.Digest);

        var began = Stopwatch.GetTimestamp();
        using (var taken = Fleet())
            await taken.ReadAsync(CancellationToken.None);
        GateBenchmark.Print($"{devices:N0} devices: the timer's picture", $"{Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        using var fleet = Fleet();
        var exposure = new Exposure(fleet, new BlobEvidence(blobs));
        foreach (var when in new[] { "nothing in memory", "asked again" })
        {
            began = Stopwatch.GetTimestamp();
            var answer = await exposure.RunAsync("CVE-2026-1", null, CancellationToken.None);
            GateBenchmark.Print($"who is exposed, {when}", $"{answer.Devices:N0} devices, {answer.Concerned.Count(c => c.Seen):N0} seen, in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        }

        FleetImages Fleet() => new(releases, desired, states, new BlobFleetPictures(blobs), TimeProvider.System);
    }

    private static async Task NameAsync(TableDeviceStates states, int shard, IEnumerable<string> devices, string digest)
    {
        await using var held = await states.OpenAsync(shard, whole: true, CancellationToken.None);
        foreach (var piece in devices.Chunk(1000))
        {
            await held.TryCommitAsync([.. piece.Select(id =>
            {
                var record = new DeviceRecord { LastSeen = Now };
                Detectors.Observe(DetectionPolicy.For(null, null), ref record.Detection, new Reading { Track = "sensor", Digest = digest }, Now, []);
                return new DeviceChange(id, record, []);
            })], CancellationToken.None);
        }
    }

    private static Release Made(string tag, char digit) => new()
    {
        Id = $"sensor-{new string(digit, 32)}",
        Track = "sensor",
        Registry = "r.example",
        Repository = "fleet/sensor",
        Digest = $"sha256:{new string(digit, 64)}",
        MediaType = "application/vnd.oci.image.index.v1+json",
        Tag = tag,
        FirstSeenAt = Now.AddDays(digit),
        Platforms = [new("linux/arm64", $"sha256:{digit}{new string('a', 63)}", 10)],
    };

    private sealed class NoAlerts : IAlertQueue
    {
        public Task EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
