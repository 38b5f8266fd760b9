using Azure.Data.Tables;

namespace HelloApp;

/// <summary>What the functions were given, for the test to read: rows of the table <c>seen</c>, one partition a function.</summary>
internal sealed class Seen(TableServiceClient tables)
{
    private readonly TableClient table = tables.GetTableClient("seen");

    public Task AddAsync(string function, string value, CancellationToken cancellationToken) =>
        table.AddEntityAsync(new TableEntity(function, Guid.NewGuid().ToString()) { ["Value"] = value }, cancellationToken);
}
