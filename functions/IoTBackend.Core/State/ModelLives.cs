using System.Collections.Concurrent;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.State;

/// <summary>Where the lives that the batteries of each model taught are kept.</summary>
public interface IModelLives
{
    /// <summary>What was saved for a model; null = nothing yet.</summary>
    Task<byte[]?> FindAsync(string model, CancellationToken cancellationToken);

    Task SaveAsync(string model, byte[] lives, CancellationToken cancellationToken);
}

/// <summary>The lives of each model, at most an hour old; written by <see cref="ComparePeers"/>. A store that is away leaves what is known.</summary>
public sealed class ModelLives(IModelLives store, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, (LearnedLives? Lives, DateTimeOffset At)> _known = new(StringComparer.Ordinal);

    /// <summary>The same instance until it is read again.</summary>
    public async ValueTask<LearnedLives?> FindAsync(string model, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_known.TryGetValue(model, out var known) && now - known.At < Life)
            return known.Lives;
        var lives = known.Lives;
        try
        {
            lives = await store.FindAsync(model, cancellationToken) is { } bytes ? LearnedLives.Read(bytes) : null;
        }
        catch (UnavailableException)
        {
            // A forecast without the model's lives is wider, not wrong.
        }
        _known[model] = (lives, now);
        return lives;
    }

    /// <summary>Keeps what was learned anew, if it is anything new.</summary>
    public async Task SaveAsync(string model, LearnedLives lives, CancellationToken cancellationToken)
    {
        var stored = await store.FindAsync(model, cancellationToken);
        // A device remembers its latest life only.
        lives.Add(stored is null ? new() : LearnedLives.Read(stored));
        var bytes = lives.Write();
        if (stored is not null && stored.AsSpan().SequenceEqual(bytes))
            return;
        await store.SaveAsync(model, bytes, cancellationToken);
        _known.TryRemove(model, out _);
    }
}
