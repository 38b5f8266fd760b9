using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Storage;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>
/// Frames on their way out. They are written into <see cref="Writer"/> under the connection's gate; one task sends whole buffers, so what gathers
/// during a send leaves as one.
/// </summary>
internal sealed class ConnectionOutput(Stream stream, Lock gate, PeerLimits limits)
{
    private readonly AsyncSignal _signal = new();
    private AmqpWriter _filling = new(4096), _sending = new(4096);
    private TaskCompletionSource? _drained;
    private bool _completed;

    /// <summary>Only under the gate.</summary>
    public AmqpWriter Writer => _filling;

    public bool HasRoom => _filling.Length < limits.UnsentBytes;

    /// <summary>Tick of the last send, in <see cref="Environment.TickCount64"/> milliseconds.</summary>
    public long LastSentTick { get; private set; } = Environment.TickCount64;

    /// <summary>Raised, outside the gate, when there is room again for a link that set <see cref="RoomWanted"/>.</summary>
    public event Action? Drained;

    /// <summary>Only under the gate.</summary>
    public bool RoomWanted { get; set; }

    public void Notify() => _signal.Set();

    /// <summary>Sends what is left and ends <see cref="RunAsync"/>.</summary>
    public void Complete()
    {
        Volatile.Write(ref _completed, true);
        _signal.Set();
    }

    public Task WaitForRoomAsync()
    {
        lock (gate)
        {
            if (HasRoom || _completed) return Task.CompletedTask;
            _drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var completed = Volatile.Read(ref _completed);
                if (Swap()) await SendAsync(cancellationToken);
                else if (completed) return;
                else await _signal.WaitAsync();
            }
        }
        finally
        {
            lock (gate)
            {
                _completed = true;
                _drained?.TrySetResult();
            }
        }
    }

    private bool Swap()
    {
        bool wanted;
        lock (gate)
        {
            if (_filling.Length == 0) return false;
            (wanted, RoomWanted) = (RoomWanted, false);
            (_filling, _sending) = (_sending, _filling);
            _drained?.TrySetResult();
            _drained = null;
        }
        if (wanted) Drained?.Invoke();
        return true;
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_sending.WrittenMemory, cancellationToken);
        LastSentTick = Environment.TickCount64;
        _sending.Clear(keepAtMost: 1024 * 1024);
    }
}
