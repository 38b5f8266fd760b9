using System.Net;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases;

/// <summary>
/// Tracks; some dozens. Table <c>Tracks</c>: partition <c>track</c>, row = name, <c>Document</c> = the <see cref="Track"/>; partition
/// <c>current</c>, row = name, <c>Release</c> = id of the release its devices are to run.
/// </summary>
public sealed class TableTracks(TableServiceClient tables) : ITracks
{
    private const string Partition = "track";
    private const string Current = "current";

    private readonly TableClient _table = tables.GetTableClient(TableNames.Tracks);

    public async Task<Track?> FindAsync(string track, CancellationToken cancellationToken) =>
        await _table.FindAsync(Partition, track, cancellationToken) is { } row ? TableDocument.Read<Track>(row) : null;

    public async Task<IReadOnlyList<Track>> ListAsync(CancellationToken cancellationToken)
    {
        var tracks = new List<Track>();
        var rows = _table.QueryAsync<TableEntity>(e => e.PartitionKey == Partition, cancellationToken: cancellationToken);
        await foreach (var row in rows)
            tracks.Add(TableDocument.Read<Track>(row));
        return tracks;
    }

    public Task SaveAsync(Track track, CancellationToken cancellationToken) =>
        _table.UpsertEntityAsync(
            TableDocument.Of(Partition, track.Name, track), TableUpdateMode.Replace, cancellationToken);

    public async Task<bool> DeleteAsync(string track, CancellationToken cancellationToken)
    {
        var deleted = await _table.DeleteEntityAsync(Partition, track, ETag.All, cancellationToken);
        await _table.DeleteEntityAsync(Current, track, ETag.All, cancellationToken);
        return deleted.Status != (int)HttpStatusCode.NotFound;
    }

    public async Task<Versioned<string>?> CurrentAsync(string track, CancellationToken cancellationToken) =>
        await _table.FindAsync(Current, track, cancellationToken) is { } row ? new(row.GetString("Release"), row.ETag.ToString()) : null;

    public Task<bool> TrySetCurrentAsync(string track, string releaseId, Versioned<string>? before, CancellationToken cancellationToken) =>
        _table.TrySaveAsync(new TableEntity(Current, track) { ["Release"] = releaseId }, before?.Version, cancellationToken);
}
