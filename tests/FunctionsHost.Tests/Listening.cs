using IoTBackend.FunctionsHost.Functions;

namespace FunctionsHost.Tests;

/// <summary>A listener that runs until it is stopped, or the test has ended.</summary>
internal sealed class Listening : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource abort = new();
    private readonly Task running;

    public Listening(IListener listener) => running = Task.Run(() => listener.RunAsync(stopping.Token, abort.Token));

    /// <summary>Asks it to finish what it has begun.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await running;
    }

    /// <summary>Asks it to give up what it has begun.</summary>
    public async Task AbortAsync()
    {
        await stopping.CancelAsync();
        await abort.CancelAsync();
        await running;
    }

    public async ValueTask DisposeAsync()
    {
        if (!running.IsCompleted)
            await StopAsync();
        stopping.Dispose();
        abort.Dispose();
    }
}
