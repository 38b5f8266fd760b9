using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Changes;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases;

/// <summary>
/// Releases and tags. Table <c>Releases</c>: partition = track, row = release id, <c>Document</c> = the <see cref="Release"/>; partition
/// <c>{track}~tags</c>, row = tag, <c>Document</c> = the <see cref="TagRecord"/>.
/// </summary>
public sealed class TableReleases(TableServiceClient tables, IChangeNotes notes) : IReleases
{
    private const string Tags = "~tags";

    private readonly TableClient _table = tables.GetTableClient(TableNames.Releases);

    public async Task<Versioned<Release>?> FindAsync(string releaseId, CancellationToken cancellationToken) =>
        Release.TrackOf(releaseId) is { } track && await _table.FindAsync(track, releaseId, cancellationToken) is { } row
            ? new(TableDocument.Read<Release>(row), row.ETag.ToString())
            : null;

    public async IAsyncEnumerable<Release> ListAsync(string? track, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = track is null
            ? _table.QueryAsync<TableEntity>(cancellationToken: cancellationToken)
            : _table.QueryAsync<TableEntity>(e => e.PartitionKey == track, cancellationToken: cancellationToken);
        await foreach (var row in rows)
        {
            if (!row.PartitionKey.EndsWith(Tags, StringComparison.Ordinal))
                yield return TableDocument.Read<Release>(row);
        }
    }

    public async Task<bool> TrySaveAsync(Release release, string? version, CancellationToken cancellationToken)
    {
        if (!await _table.TrySaveAsync(TableDocument.Of(release.Track, release.Id, release), version, cancellationToken))
            return false;
        await notes.NoteAsync(ChangeKinds.Releases, cancellationToken);
        return true;
    }

    public async Task<TagRecord?> FindTagAsync(string track, string tag, CancellationToken cancellationToken) =>
        await _table.FindAsync(track + Tags, tag, cancellationToken) is { } row ? TableDocument.Read<TagRecord>(row) : null;

    public Task SaveTagAsync(string track, TagRecord tag, CancellationToken cancellationToken) =>
        _table.UpsertEntityAsync(
            TableDocument.Of(track + Tags, tag.Tag, tag), TableUpdateMode.Replace, cancellationToken);
}
