using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost.Storage;

/// <summary>A lock among hosts: a lease on an empty blob, where the Functions host keeps its singleton locks.</summary>
internal sealed class BlobLock(BlobContainerClient container, string name, TimeProvider time, ILogger logger)
{
    /// <summary>The shortest lease there is: a killed host's work moves on after this long.</summary>
    public static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Renewal = LeaseDuration / 3;

    /// <summary>Waits for the lock and runs the work; again if the lock is lost, which cancels the work's token. Ends when the work does, or on stopping.</summary>
    public async Task HoldAsync(Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            if (await AcquireAsync(stopping) is { } lease)
            {
                using var lost = new CancellationTokenSource();
                var renewing = RenewAsync(lease, lost);
                try
                {
                    await work(lost.Token);
                }
                catch (OperationCanceledException) when (lost.IsCancellationRequested)
                {
                    HostLog.LockLost(logger, name);
                }
                var wasLost = lost.IsCancellationRequested;
                await lost.CancelAsync();
                await renewing;
                if (wasLost)
                    continue;
                await ReleaseAsync(lease);
                return;
            }
            await Delay(Renewal, stopping);
        }
    }

    private async Task<BlobLeaseClient?> AcquireAsync(CancellationToken cancellationToken)
    {
        try
        {
            var blob = container.GetBlobClient(name);
            var lease = blob.GetBlobLeaseClient();
            try
            {
                await lease.AcquireAsync(LeaseDuration, cancellationToken: cancellationToken);
            }
            catch (RequestFailedException missing) when (missing.Status == 404)
            {
                await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
                await blob.UploadAsync(BinaryData.Empty, new BlobUploadOptions { Conditions = new() { IfNoneMatch = ETag.All } }, cancellationToken);
                await lease.AcquireAsync(LeaseDuration, cancellationToken: cancellationToken);
            }
            return lease;
        }
        catch (RequestFailedException taken) when (taken.Status is 409 or 412)
        {
            return null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception unavailable)
        {
            HostLog.StorageUnavailable(logger, name, HostLog.Cause(unavailable));
            return null;
        }
    }

    private async Task RenewAsync(BlobLeaseClient lease, CancellationTokenSource lost)
    {
        var expires = time.GetUtcNow() + LeaseDuration;
        while (!lost.IsCancellationRequested)
        {
            await Delay(Renewal, lost.Token);
            var asked = time.GetUtcNow();
            using var patience = new CancellationTokenSource(expires > asked ? expires - asked : TimeSpan.Zero, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(lost.Token, patience.Token);
            try
            {
                await lease.RenewAsync(cancellationToken: either.Token);
                expires = asked + LeaseDuration;
            }
            catch (OperationCanceledException) when (lost.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                // Taken by another, or unreachable until the lease has run out: either way no longer ours.
                if (failed is RequestFailedException { Status: 404 or 409 or 412 } || time.GetUtcNow() + Renewal >= expires)
                    await lost.CancelAsync();
            }
        }
    }

    private async Task ReleaseAsync(BlobLeaseClient lease)
    {
        try
        {
            await lease.ReleaseAsync();
        }
        catch (Exception failed) when (failed is RequestFailedException or AggregateException)
        {
            HostLog.StorageUnavailable(logger, name, HostLog.Cause(failed));
        }
    }

    private Task Delay(TimeSpan delay, CancellationToken cancellationToken) =>
        Task.Delay(delay, time, cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
