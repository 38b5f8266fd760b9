using System.Threading.Channels;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>Wakes one waiter; a signal given while nobody waits is kept, several count as one.</summary>
internal sealed class AsyncSignal
{
    private readonly Channel<bool> _channel = Channel.CreateBounded<bool>(1);

    public void Set() => _channel.Writer.TryWrite(true);

    public async ValueTask WaitAsync() => await _channel.Reader.ReadAsync();
}
