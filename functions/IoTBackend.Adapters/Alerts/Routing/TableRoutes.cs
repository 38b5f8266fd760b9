using System.Globalization;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Routing;

namespace IoTBackend.Adapters.Alerts.Routing;

/// <summary>The tree of routes. Table <c>AlertRoutes</c>: partition <c>route</c>, row <c>root</c>, <c>Document</c> = the <see cref="Route"/>.</summary>
public sealed class TableRoutes(TableServiceClient tables) : IRouteStore
{
    private const string Root = "root";

    private readonly NamedDocuments<Route> _routes = new(tables.GetTableClient(TableNames.AlertRoutes), "route");

    public Task<Route?> FindAsync(CancellationToken cancellationToken) => _routes.FindAsync(Root, cancellationToken);

    public Task SaveAsync(Route root, CancellationToken cancellationToken) => _routes.SaveAsync(Root, root, cancellationToken);

    public Task<bool> DeleteAsync(CancellationToken cancellationToken) => _routes.DeleteAsync(Root, cancellationToken);
}

/// <summary>Chains. Table <c>AlertRoutes</c>: partition <c>escalation</c>, row = name, <c>Document</c> = the <see cref="Escalation"/>.</summary>
public sealed class TableEscalations(TableServiceClient tables) : IEscalationStore
{
    private readonly NamedDocuments<Escalation> _chains = new(tables.GetTableClient(TableNames.AlertRoutes), "escalation");

    public Task<Escalation?> FindAsync(string name, CancellationToken cancellationToken) => _chains.FindAsync(name, cancellationToken);

    public Task<IReadOnlyList<Escalation>> ListAsync(CancellationToken cancellationToken) => _chains.ListAsync(cancellationToken);

    public Task SaveAsync(Escalation escalation, CancellationToken cancellationToken) => _chains.SaveAsync(escalation.Name, escalation, cancellationToken);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => _chains.DeleteAsync(name, cancellationToken);
}

/// <summary>Mutes. Table <c>Silences</c>, as they were called first: partition <c>silence</c>, row = name, <c>Document</c> = the <see cref="Mute"/>.</summary>
public sealed class TableMutes(TableServiceClient tables) : IMuteStore
{
    private readonly NamedDocuments<Mute> _mutes = new(tables.GetTableClient(TableNames.Silences), "silence");

    public Task<Mute?> FindAsync(string name, CancellationToken cancellationToken) => _mutes.FindAsync(name, cancellationToken);

    public Task<IReadOnlyList<Mute>> ListAsync(CancellationToken cancellationToken) => _mutes.ListAsync(cancellationToken);

    public Task SaveAsync(Mute mute, CancellationToken cancellationToken) => _mutes.SaveAsync(mute.Name, mute, cancellationToken);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => _mutes.DeleteAsync(name, cancellationToken);
}

/// <summary>What becomes due. Table <c>AlertDue</c>: partition <c>due</c>, row <c>{due, unix ms, 15 digits}~{alert or mute}~{step}</c>, <c>Document</c> = the <see cref="Due"/>; partition <c>damaged</c> = what could not be read.</summary>
public sealed class TableDue(TableServiceClient tables) : IDueStore
{
    private const string Partition = "due";
    private const string Damaged = "damaged";

    private readonly TableClient _table = tables.GetTableClient(TableNames.AlertDue);

    public Task AddAsync(Due due, CancellationToken cancellationToken) => _table.UpsertEntityAsync(TableDocument.Of(Partition, RowOf(due), due), TableUpdateMode.Replace, cancellationToken);

    public async Task<IReadOnlyList<Due>> ListAsync(DateTimeOffset until, int top, CancellationToken cancellationToken)
    {
        var due = new List<Due>();
        var end = Milliseconds(until) + "~~";
        var rows = _table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and RowKey lt {end}"), maxPerPage: Math.Min(top, 1000), cancellationToken: cancellationToken);
        await foreach (var row in rows)
        {
            if (TableDocument.TryRead<Due>(row) is { } one)
                due.Add(one);
            else
                await SetAsideAsync(row, cancellationToken);
            if (due.Count == top)
                break;
        }

        return due;
    }

    public Task RemoveAsync(Due due, CancellationToken cancellationToken) =>
        _table.DeleteEntityAsync(Partition, RowOf(due), ETag.All, cancellationToken);

    /// <summary>It cannot be read; its key says what it was about. Nothing else that is due waits for it.</summary>
    private async Task SetAsideAsync(TableEntity row, CancellationToken cancellationToken)
    {
        await _table.UpsertEntityAsync(new TableEntity(row) { PartitionKey = Damaged }, TableUpdateMode.Replace, cancellationToken);
        await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
    }

    private static string RowOf(Due due) => $"{Milliseconds(due.At)}~{TableKey.Escape(due.Mute is { } mute ? "mute/" + mute : due.AlertId)}~{due.Step}";

    private static string Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds().ToString("D15", CultureInfo.InvariantCulture);
}
