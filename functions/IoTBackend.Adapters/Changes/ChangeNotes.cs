using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Changes;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Changes;

/// <summary>
/// Notes in the change feed: of each kind at most one line in two seconds and process, however many alerts a storm has. The first is
/// written at once, one more for all that came meanwhile when the two seconds are over.
/// </summary>
public sealed class ChangeNotes(ChangeFeed feed, TimeProvider time) : IChangeNotes
{
    /// <summary>As often as the feed is read.</summary>
    public static readonly TimeSpan Interval = ChangeListener.Interval;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task> _resting = [];
    private readonly HashSet<string> _due = [];

    public Task NoteAsync(string kind, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_resting.ContainsKey(kind))
            {
                _due.Add(kind);
                return Task.CompletedTask;
            }

            _resting[kind] = RestAsync(kind);
        }

        return WriteAsync(kind, cancellationToken);
    }

    private async Task RestAsync(string kind)
    {
        try
        {
            do
            {
                await Task.Delay(Interval, time);
            }
            while (await WriteDueAsync(kind));
        }
        finally
        {
            // Whatever happened, the next note of the kind is written.
            lock (_lock)
                _resting.Remove(kind);
        }
    }

    private async Task<bool> WriteDueAsync(string kind)
    {
        lock (_lock)
        {
            if (!_due.Remove(kind))
            {
                _resting.Remove(kind);
                return false;
            }
        }

        await WriteAsync(kind, CancellationToken.None);
        return true;
    }

    private async Task WriteAsync(string kind, CancellationToken cancellationToken)
    {
        try
        {
            await feed.AppendAsync(kind, "", null, cancellationToken);
        }
        catch (UnavailableException)
        {
            // What changed is stored, and must not seem to have failed; pages renew what they show by themselves.
        }
    }
}
