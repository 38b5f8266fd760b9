using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using IoTBackend.Core.Shared;
using Local.Tests;

namespace Adapters.Tests.State;

/// <summary>What models taught, on Microsoft's storage emulator.</summary>
public sealed class TableModelLivesTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private readonly TableServiceClient _tables = new(storage.ConnectionString);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _tables.DeleteTableAsync(TableNames.Models, Cancellation);
        await new CreateTables(_tables).StartAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Another_process_finds_what_was_saved_last_and_nothing_of_a_model_that_taught_nothing()
    {
        var (writer, reader) = (new TableModelLives(_tables), new TableModelLives(_tables));
        await writer.SaveAsync("sensor-1", [1, 0, 0], Cancellation);
        await writer.SaveAsync("sensor-1", [1, 2, 3], Cancellation);
        Assert.Equal([1, 2, 3], await reader.FindAsync("sensor-1", Cancellation));
        Assert.Null(await reader.FindAsync("sensor-2", Cancellation));
    }

    [Fact]
    public async Task As_many_lives_as_are_remembered_under_the_longest_name_fit_and_are_no_model()
    {
        var (lives, longest) = (new byte[5 * 1024], new string('m', Name.MaxLength));
        Random.Shared.NextBytes(lives);
        await new TableModelLives(_tables).SaveAsync(longest, lives, Cancellation);
        Assert.Equal(lives, await new TableModelLives(_tables).FindAsync(longest, Cancellation));
        Assert.Empty(await _tables.GetTableClient(TableNames.Models).QueryAsync<TableEntity>(row => row.PartitionKey == "model", cancellationToken: Cancellation).ToListAsync(Cancellation));
    }
}
