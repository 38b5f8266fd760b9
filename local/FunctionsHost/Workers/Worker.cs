using System.Net.Sockets;
using IoTBackend.FunctionsHost.Protocol;
using IoTBackend.FunctionsHost.Settings;

namespace IoTBackend.FunctionsHost.Workers;

/// <summary>One worker process, its functions loaded.</summary>
internal sealed class Worker : IAsyncDisposable
{
    /// <summary>How long a worker that was asked to end may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private Worker(WorkerProcess process, WorkerConnection connection) => (Process, Connection) = (process, connection);

    public WorkerProcess Process { get; }

    public WorkerConnection Connection { get; }

    /// <summary>Where it takes requests for its HTTP functions; null = it has not said.</summary>
    public Uri? Http { get; private set; }

    public IReadOnlyList<RpcFunctionMetadata> Functions { get; private set; } = [];

    /// <summary>Ends when the process has, or no longer talks.</summary>
    public Task Ended => Task.WhenAny(Process.Exited, Connection.Closed);

    /// <summary>Waits until the worker has called in and loaded its functions.</summary>
    /// <param name="process">Just started.</param>
    /// <param name="connection">The one it will open.</param>
    /// <param name="app">The app it runs.</param>
    /// <param name="isWanted">Whether a function is switched on; the others are not loaded.</param>
    /// <param name="cancellationToken">The end of patience.</param>
    /// <exception cref="HostException">It did not get there.</exception>
    public static async Task<Worker> ReadyAsync(
        WorkerProcess process, WorkerConnection connection, AppFolder app, Func<string, bool> isWanted, CancellationToken cancellationToken)
    {
        var worker = new Worker(process, connection);
        try
        {
            var loading = worker.LoadAsync(app, isWanted, cancellationToken);
            if (await Task.WhenAny(loading, process.Exited) == loading)
                await loading;
            if (process.Exited.IsCompleted)
                throw new WorkerGoneException();
            return worker;
        }
        catch (WorkerGoneException)
        {
            await process.Exited.WaitAsync(Patience, CancellationToken.None).ContinueWith(_ => { }, TaskScheduler.Default);
            throw new HostException($"The app ended while it was starting{(process.Exited.IsCompleted ? $", with code {process.ExitCode}" : "")}; what it wrote is above.");
        }
    }

    /// <summary>Ends it: asked first, killed when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        Connection.Terminate();
        await Process.Exited.WaitAsync(Patience).ContinueWith(_ => { }, TaskScheduler.Default);
        await Process.DisposeAsync();
    }

    private async Task LoadAsync(AppFolder app, Func<string, bool> isWanted, CancellationToken cancellationToken)
    {
        await Connection.Opened.WaitAsync(cancellationToken);
        var init = await Connection.AskAsync(
            new() { WorkerInitRequest = new() { HostVersion = "4.0.0", WorkerDirectory = app.Path, FunctionAppDirectory = app.Path } }, cancellationToken);
        Check(init.WorkerInitResponse.Result, "The worker did not start");
        var listed = await Connection.AskAsync(new() { FunctionsMetadataRequest = new() { FunctionAppDirectory = app.Path } }, cancellationToken);
        Check(listed.FunctionMetadataResponse.Result, "The worker did not name its functions");
        Functions = [.. listed.FunctionMetadataResponse.FunctionMetadataResults.Where(function => isWanted(function.Name))];
        await Task.WhenAll(Functions.Select(async function =>
        {
            var answer = await Connection.AskAsync(new() { FunctionLoadRequest = new() { FunctionId = function.FunctionId, Metadata = function } }, cancellationToken);
            Check(answer.FunctionLoadResponse.Result, $"{function.Name} could not be loaded");
        }));
        if (init.WorkerInitResponse.Capabilities.TryGetValue("HttpUri", out var address))
            Http = await ListeningAsync(address, cancellationToken);
    }

    /// <summary>The worker says where it will listen before it does.</summary>
    private static async Task<Uri> ListeningAsync(string address, CancellationToken cancellationToken)
    {
        // By number: the name would be looked up for every connection, and tried by the other protocol first.
        var uri = new UriBuilder(address) { Host = "127.0.0.1" }.Uri;
        for (; ; await Task.Delay(20, cancellationToken))
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", uri.Port, cancellationToken);
                return uri;
            }
            catch (SocketException)
            {
                // Not yet.
            }
    }

    private static void Check(StatusResult? result, string what)
    {
        if (result is { Status: StatusResult.Types.Status.Failure })
            throw new HostException($"{what}: {result.Exception?.Message}");
    }
}
