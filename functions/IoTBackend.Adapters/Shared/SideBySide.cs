using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace IoTBackend.Adapters.Shared;

/// <summary>Reads several lists at once: a table answers a thousand rows at a time, and one partition's pages do not wait for another's.</summary>
internal static class SideBySide
{
    private const int AtOnce = 8;

    private const int Ahead = 2000;

    /// <summary>All items, in no order. Reading stops when nobody takes them any more.</summary>
    public static async IAsyncEnumerable<T> Merge<TKey, T>(
        IEnumerable<TKey> keys, Func<TKey, CancellationToken, IAsyncEnumerable<T>> list, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var items = Channel.CreateBounded<T>(Ahead);
        var reading = Task.Run(async () =>
        {
            try
            {
                await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ended.Token }, async (key, token) =>
                {
                    await foreach (var item in list(key, token))
                        await items.Writer.WriteAsync(item, token);
                });
                items.Writer.Complete();
            }
            catch (Exception e)
            {
                items.Writer.Complete(e);
            }
        }, CancellationToken.None);
        try
        {
            await foreach (var item in items.Reader.ReadAllAsync(cancellationToken))
                yield return item;
        }
        finally
        {
            await ended.CancelAsync();
            await reading;
        }
    }
}
