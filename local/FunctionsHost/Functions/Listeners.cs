using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost.Functions;

/// <summary>What feeds one function that is not HTTP.</summary>
internal interface IListener
{
    /// <summary>
    /// Takes work until <paramref name="stopping"/>, finishes what is running, gives back what it holds and ends.
    /// <paramref name="abort"/> is the end of patience: running functions are cancelled. Handles every error itself.
    /// </summary>
    Task RunAsync(CancellationToken stopping, CancellationToken abort);
}

/// <summary>Runs the listeners with the host. They stop taking work the moment the host is asked to stop, while HTTP still drains.</summary>
internal sealed class Listeners(IReadOnlyList<IListener> listeners, IHostApplicationLifetime lifetime, ILogger logger) : IHostedService, IDisposable
{
    // Cancelled functions get this long to notice before the host leaves without them.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource abort = new();
    private Task running = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        running = Task.WhenAll(listeners.Select(listener => Task.Run(() => ListenAsync(listener), CancellationToken.None)));
        return Task.CompletedTask;
    }

    private async Task ListenAsync(IListener listener)
    {
        try
        {
            await listener.RunAsync(lifetime.ApplicationStopping, abort.Token);
        }
        catch (Exception bug)
        {
            HostLog.ListenerFailed(logger, bug);
            lifetime.StopApplication();
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await running.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await abort.CancelAsync();
            await Task.WhenAny(running, Task.Delay(Grace, CancellationToken.None));
        }
    }

    public void Dispose() => abort.Dispose();
}
