using System.Globalization;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices.Enrolment;

namespace IoTBackend.Adapters.Devices;

/// <summary>
/// Claims. Table <c>Claims</c>: partition <c>claim</c>, row = id, <c>Document</c> = the <see cref="Claim"/>; partition = id, row = a place in it,
/// four digits, <c>Document</c> = the <see cref="ClaimUse"/>. That a row can be added once is what makes a place one device's.
/// </summary>
public sealed class TableClaims(TableServiceClient tables) : IClaimStore
{
    private const string Partition = "claim";

    private readonly TableClient _table = tables.GetTableClient(TableNames.Claims);
    private readonly NamedDocuments<Claim> _claims = new(tables.GetTableClient(TableNames.Claims), Partition);

    public Task AddAsync(Claim claim, CancellationToken cancellationToken) => _claims.SaveAsync(claim.Id, claim, cancellationToken);

    public Task<Claim?> FindAsync(string id, CancellationToken cancellationToken) => _claims.FindAsync(id, cancellationToken);

    public Task<IReadOnlyList<Claim>> ListAsync(CancellationToken cancellationToken) => _claims.ListAsync(cancellationToken);

    public async Task<Claim?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } claim)
            return null;
        // Nothing else of a claim ever changes, so no other write is lost.
        var revoked = claim.RevokedAt is null ? claim with { RevokedAt = at } : claim;
        await _claims.SaveAsync(id, revoked, cancellationToken);
        return revoked;
    }

    public async Task<IReadOnlyDictionary<int, ClaimUse>> UsesAsync(string id, CancellationToken cancellationToken)
    {
        var uses = new Dictionary<int, ClaimUse>();
        await foreach (var row in _table.QueryAsync<TableEntity>(e => e.PartitionKey == id, cancellationToken: cancellationToken))
            uses[int.Parse(row.RowKey, CultureInfo.InvariantCulture)] = TableDocument.Read<ClaimUse>(row);
        return uses;
    }

    public Task<bool> TryUseAsync(string id, int place, ClaimUse use, CancellationToken cancellationToken) =>
        _table.TrySaveAsync(TableDocument.Of(id, Row(place), use), version: null, cancellationToken);

    public async Task TrimAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken)
    {
        foreach (var claim in (await ListAsync(cancellationToken)).Where(c => c.ExpiresAt < endedBefore))
        {
            // The places first: what is cut off here is found again in an hour, by its claim.
            foreach (var place in (await UsesAsync(claim.Id, cancellationToken)).Keys)
                await _table.DeleteEntityAsync(claim.Id, Row(place), ETag.All, cancellationToken);
            await _claims.DeleteAsync(claim.Id, cancellationToken);
        }
    }

    private static string Row(int place) => place.ToString("d4", CultureInfo.InvariantCulture);
}
