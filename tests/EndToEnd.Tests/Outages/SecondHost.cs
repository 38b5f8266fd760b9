using IoTBackend.Simulator;
using IoTBackend.Stack;
using IoTBackend.Stack.Children;

namespace EndToEnd.Tests.Outages;

/// <summary>A second functions process on the same hub and storage: partitions move to it when it comes, and back when it goes.</summary>
internal sealed class SecondHost : IAsyncDisposable
{
    private readonly HttpClient http;
    private readonly ChildProcess process;

    private SecondHost(HttpClient http, ChildProcess process, BackendApi api) => (this.http, this.process, Api) = (http, process, api);

    public BackendApi Api { get; }

    /// <returns>Null where it did not get ready: another process was killed meanwhile.</returns>
    public static async Task<SecondHost?> StartAsync(TestStack stack, CancellationToken cancellationToken)
    {
        var http = new HttpClient();
        var programs = new StackPrograms(stack.Layout, stack.Stack.Ports with { Functions = StackPorts.Free().Functions }, stack.Stack.Secrets, http);
        http.BaseAddress = programs.Api;
        var process = await ChildProcess.StartAsync(programs.Functions(new Dictionary<string, string>()) with { Name = "functions-2" }, stack.Layout.Logs);
        try
        {
            await process.ReadyAsync(TimeSpan.FromMinutes(3), TimeProvider.System, cancellationToken);
        }
        catch (Exception early) when (early is StackException or OperationCanceledException)
        {
            await process.KillAsync();
            process.Dispose();
            http.Dispose();
            return null;
        }

        return new(http, process, new(http, stack.Stack.Secrets.OperatorKey, TimeProvider.System));
    }

    public Task KillAsync() => process.KillAsync();

    public async ValueTask DisposeAsync()
    {
        await process.StopAsync();
        process.Dispose();
        http.Dispose();
    }
}
