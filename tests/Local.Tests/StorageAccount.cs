[assembly: AssemblyFixture(typeof(Local.Tests.SharedAzurite))]

namespace Local.Tests;

/// <summary>One storage emulator for all, started with the first account that is asked for: a process that a test starts and kills needs none.</summary>
public sealed class SharedAzurite : IAsyncDisposable
{
    private readonly Lazy<Task<Azurite>> _started = new(StartAsync);
    private int _accounts;

    public async Task<string> NewAccountAsync()
    {
        var account = Interlocked.Increment(ref _accounts);
        Assert.InRange(account, 1, Azurite.MaxAccounts - 1);
        return (await _started.Value).ConnectionOf(account);
    }

    public async ValueTask DisposeAsync()
    {
        if (_started.IsValueCreated)
            await (await _started.Value).DisposeAsync();
    }

    private static async Task<Azurite> StartAsync()
    {
        var azurite = new Azurite();
        await azurite.StartAsync();
        return azurite;
    }
}

/// <summary>A storage account of one class of tests: what the others store is not in it.</summary>
public sealed class StorageAccount(SharedAzurite azurite) : IAsyncLifetime
{
    public string ConnectionString { get; private set; } = "";

    public async ValueTask InitializeAsync() => ConnectionString = await azurite.NewAccountAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
