using System.Runtime.CompilerServices;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Releases;

public sealed class ReleaseNamesTests : IReleases
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly ReleaseNames _names;
    private TaskCompletionSource _hold = new();
    private int _listings;

    public ReleaseNamesTests() => _names = new(this, _time);

    [Fact]
    public async Task All_who_ask_meanwhile_wait_for_one_listing_and_half_a_minute_later_for_another()
    {
        for (var i = 1; i <= 2; i++)
        {
            _hold = new();
            var asked = Enumerable.Range(0, 8).Select(_ => _names.ReadAsync(CancellationToken.None).AsTask()).ToList();
            _hold.SetResult();
            await Task.WhenAll(asked);
            Assert.Equal(i, _listings);
            _time.Advance(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task A_listing_that_failed_is_made_again_and_who_goes_away_ends_nobody_elses()
    {
        var (gone, waits) = (_names.ReadAsync(new(canceled: true)).AsTask(), _names.ReadAsync(CancellationToken.None).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        _hold.SetException(new IOException());
        await Assert.ThrowsAsync<IOException>(() => waits);
        _hold = new();
        _hold.SetResult();
        Assert.Empty(await _names.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task While_releases_cannot_be_listed_the_names_of_before_count()
    {
        _hold.SetException(new UnavailableException("table storage"));
        Assert.Empty(await _names.ReadAsync(CancellationToken.None));
        _hold = new();
        _hold.SetResult();
        var known = await _names.ReadAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(30));
        _hold = new();
        _hold.SetException(new UnavailableException("table storage"));
        Assert.Same(known, await _names.ReadAsync(CancellationToken.None));
    }

    public async IAsyncEnumerable<Release> ListAsync(string? track, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _listings);
        await _hold.Task.WaitAsync(cancellationToken);
        yield break;
    }

    Task<Versioned<Release>?> IReleases.FindAsync(string releaseId, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<bool> IReleases.TrySaveAsync(Release release, string? version, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<TagRecord?> IReleases.FindTagAsync(string track, string tag, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task IReleases.SaveTagAsync(string track, TagRecord tag, CancellationToken cancellationToken) => throw new NotSupportedException();
}
