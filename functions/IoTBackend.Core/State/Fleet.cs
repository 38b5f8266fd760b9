using System.Runtime.CompilerServices;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.State;

/// <summary>Lists registered devices in an order that stays, from any position on.</summary>
public interface IDeviceListing
{
    /// <param name="after">A position returned before; null = from the start.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    IAsyncEnumerable<(Device Device, string Position)> ListAsync(string? after, CancellationToken cancellationToken);
}

/// <param name="Devices">In the order of their ids.</param>
/// <param name="Continuation">Position after which the next page begins; null = this was the last.</param>
public sealed record FleetPage(IReadOnlyList<FleetEntry> Devices, string? Continuation);

/// <summary>The fleet in numbers.</summary>
public sealed record FleetSummary(int Devices, IReadOnlyDictionary<string, int> ByStatus, IReadOnlyDictionary<string, int> ByModel, IReadOnlyDictionary<string, int> ByGroup, DateTimeOffset At)
{
    public static async Task<FleetSummary> OfAsync(IAsyncEnumerable<(Device Device, DeviceStatus Status)> devices, DateTimeOffset at)
    {
        var count = 0;
        var (byStatus, byModel, byGroup) = (Counts(), Counts(), Counts());
        await foreach (var (device, status) in devices)
        {
            count++;
            Count(byStatus, System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(status.ToString()));
            if (device.Model is { } model)
                Count(byModel, model);
            foreach (var group in device.Groups)
                Count(byGroup, group);
        }

        return new(count, byStatus, byModel, byGroup, at);
    }

    private static SortedDictionary<string, int> Counts() => new(StringComparer.Ordinal);

    private static void Count(SortedDictionary<string, int> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
}

/// <summary>Registrations joined with what the devices report.</summary>
public sealed class Fleet(IDeviceListing listing, IDeviceConditions conditions, TimeProvider time) : IDisposable
{
    public const int DefaultTop = 100;
    public const int MaxTop = 1000;

    /// <summary>Rows one call looks at, so that a filter that fits nothing answers in time: with an empty page and a continuation.</summary>
    internal const int MaxScanned = 5000;

    private const int ChunkSize = 200;

    private static readonly TimeSpan SummaryLife = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _summarizing = new(1, 1);
    private FleetSummary? _summary;

    public async Task<Result<FleetPage>> ListAsync(string? filter, int top, string? after, CancellationToken cancellationToken)
    {
        var parsed = FleetFilter.Parse(filter);
        if (parsed.Value is not { } wanted)
            return Result<FleetPage>.Rejected(parsed.Reason ?? "");
        var found = new List<FleetEntry>();
        var scanned = 0;
        await foreach (var (entry, position) in JoinAsync(after, Math.Min(top, ChunkSize), cancellationToken))
        {
            if (wanted.Matches(entry))
                found.Add(entry);
            if (found.Count == top || ++scanned == MaxScanned)
                return new FleetPage(found, position);
        }

        return new FleetPage(found, null);
    }

    /// <summary>All of it, by id; null = it has more devices than that.</summary>
    public async Task<IReadOnlyList<FleetEntry>?> AllAsync(int most, CancellationToken cancellationToken)
    {
        var devices = new List<Device>();
        await foreach (var (device, _) in listing.ListAsync(null, cancellationToken))
        {
            if (devices.Count == most)
                return null;
            devices.Add(device);
        }

        var known = await conditions.FindAllAsync(devices.ToDictionary(d => d.Id, StringComparer.Ordinal), cancellationToken);
        return [.. devices.Select(d => new FleetEntry(d, known.GetValueOrDefault(d.Id)))];
    }

    /// <summary>Counts without holding the fleet in memory, however large; the answer serves for a few seconds: a wall of dashboards costs what one costs.</summary>
    public async Task<FleetSummary> SummarizeAsync(CancellationToken cancellationToken)
    {
        await _summarizing.WaitAsync(cancellationToken);
        try
        {
            if (_summary is null || time.GetUtcNow() - _summary.At > SummaryLife)
                _summary = await CountAsync(cancellationToken);
            return _summary;
        }
        finally
        {
            _summarizing.Release();
        }
    }

    public void Dispose() => _summarizing.Dispose();

    private async Task<FleetSummary> CountAsync(CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        var statuses = await conditions.StatusesAsync(cancellationToken);
        return await FleetSummary.OfAsync(
            listing.ListAsync(null, cancellationToken).Select(row => (row.Device, row.Device.Enabled ? statuses.GetValueOrDefault(row.Device.Id, DeviceStatus.NeverSeen) : DeviceStatus.Disabled)), at);
    }

    private async IAsyncEnumerable<(FleetEntry Entry, string Position)> JoinAsync(
        string? after, int chunkSize, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var chunk = new List<(Device Device, string Position)>(chunkSize);
        await foreach (var row in listing.ListAsync(after, cancellationToken))
        {
            chunk.Add(row);
            if (chunk.Count < chunkSize)
                continue;
            foreach (var joined in await JoinAsync(chunk, cancellationToken))
                yield return joined;
            chunk.Clear();
        }

        foreach (var joined in await JoinAsync(chunk, cancellationToken))
            yield return joined;
    }

    private async Task<List<(FleetEntry, string)>> JoinAsync(List<(Device Device, string Position)> chunk, CancellationToken cancellationToken)
    {
        if (chunk.Count == 0)
            return [];
        var known = await conditions.FindAsync([.. chunk.Select(row => row.Device.Id)], cancellationToken);
        return [.. chunk.Select(row => (new FleetEntry(row.Device, known.GetValueOrDefault(row.Device.Id)), row.Position))];
    }
}
