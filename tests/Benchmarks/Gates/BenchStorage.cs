using Azure.Data.Tables;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Shared;
using IoTBackend.Stack;
using IoTBackend.Stack.Children;

namespace IoTBackend.Benchmarks.Gates;

/// <summary>The storage emulator alone, with the backend's tables.</summary>
internal sealed class BenchStorage : IAsyncDisposable
{
    private readonly HttpClient _http = new();
    private readonly Supervised _emulator;

    private BenchStorage(string state)
    {
        var programs = new StackPrograms(StackLayout.OfThisBuild(state), StackPorts.Free(), StackSecrets.Open(state), _http);
        _emulator = new(programs.Storage(), state, TimeProvider.System, Console.Error.WriteLine);
        (Tables, Blobs) = (new(programs.StorageConnection), new(programs.StorageConnection));
    }

    public TableServiceClient Tables { get; }

    public BlobServiceClient Blobs { get; }

    public static async Task<BenchStorage> StartAsync(string state)
    {
        var storage = new BenchStorage(state);
        await storage._emulator.StartAsync(CancellationToken.None);
        await new CreateTables(storage.Tables).StartAsync(CancellationToken.None);
        return storage;
    }

    public async ValueTask DisposeAsync()
    {
        await _emulator.DisposeAsync();
        _http.Dispose();
    }
}
