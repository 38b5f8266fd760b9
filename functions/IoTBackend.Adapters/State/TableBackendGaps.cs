using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.State;
using Microsoft.Extensions.Options;

namespace IoTBackend.Adapters.State;

/// <summary>
/// The backend's own heartbeat in the table <c>Sweep</c>, row <c>backend/availability</c>: when it last was well, and the end
/// of its last gap. Written at each sweep, so that a process that starts knows how long there was none.
/// </summary>
public sealed class TableBackendGaps(TableServiceClient tables, IOptions<SweepOptions> options, TimeProvider time) : IBackendGaps
{
    private readonly TableClient _table = tables.GetTableClient(TableNames.Sweep);
    private volatile bool _missed;
    private (DateTimeOffset At, DateTimeOffset HeldSince) _beat;

    public void Missed() => _missed = true;

    public async Task<DateTimeOffset> BeatAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var stored = await _table.FindAsync("backend", "availability", cancellationToken);
        var heldSince = stored?.GetDateTimeOffset("HeldSince") ?? DateTimeOffset.UnixEpoch;
        if (_missed || (stored?.GetDateTimeOffset("WellAt") is { } well && now - well > options.Value.GapAfter))
            heldSince = now;
        await WriteAsync(now, heldSince, cancellationToken);
        _missed = false;
        return heldSince;
    }

    public Task SweptAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // The next beat is in time for a sweep that was short.
        return now - _beat.At < options.Value.GapAfter / 4 ? Task.CompletedTask : WriteAsync(now, _beat.HeldSince, cancellationToken);
    }

    private async Task WriteAsync(DateTimeOffset now, DateTimeOffset heldSince, CancellationToken cancellationToken)
    {
        var row = new TableEntity("backend", "availability") { ["WellAt"] = now, ["HeldSince"] = heldSince };
        await _table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken);
        _beat = (now, heldSince);
    }
}
