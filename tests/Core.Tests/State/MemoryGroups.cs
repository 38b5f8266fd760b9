using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;

namespace Core.Tests.State;

/// <summary>Groups' rows in memory, as the table keeps them.</summary>
internal sealed class MemoryGroups : IGroupStates
{
    public Dictionary<string, byte[]> Rows { get; } = [];

    public List<AlertTransition> Alerts { get; } = [];

    public bool DieAfterCommit { get; set; }

    /// <summary>A group that cannot be written.</summary>
    public string? Broken { get; set; }

    public Exception Fault { get; } = new InvalidOperationException("broken");

    public Task<IReadOnlyList<GroupRow>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<GroupRow>>([.. Rows.Select(r => new GroupRow(r.Key, GroupOutageState.Read(r.Value), "1"))]);

    public Task<bool> TryCommitAsync(GroupRow row, IReadOnlyList<AlertTransition> alerts, CancellationToken cancellationToken)
    {
        if (row.Group == Broken)
            throw Fault;
        if (row.State.IsEmpty)
            Rows.Remove(row.Group);
        else
            Rows[row.Group] = row.State.Write();
        Alerts.AddRange(alerts);
        return DieAfterCommit && row.State.RaisedAt is not null ? throw new OperationCanceledException() : Task.FromResult(true);
    }
}
