using Core.Tests.Detection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Shared;
using IoTBackend.Core.State;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.State;

public sealed class ModelLivesTests
{
    private readonly Store _store = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ModelLives _lives;

    public ModelLivesTests() => _lives = new(_store, _time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_battery_taught_is_added_to_what_others_taught_before()
    {
        await _lives.SaveAsync("m", Taught(400), Cancellation);
        await _lives.SaveAsync("m", Taught(500), Cancellation);
        Assert.Equal([400, 500], (await _lives.FindAsync("m", Cancellation))!.Low.Select(l => (int)Math.Round(l.Days * 24 / 10) * 10).Order());
    }

    [Fact]
    public async Task What_is_known_already_is_not_written_again()
    {
        await _lives.SaveAsync("m", Taught(400), Cancellation);
        await _lives.SaveAsync("m", Taught(400), Cancellation);
        Assert.Equal(1, _store.Saves);
    }

    [Fact]
    public async Task The_store_is_asked_once_an_hour()
    {
        await _lives.SaveAsync("m", Taught(400), Cancellation);
        var asked = _store.Finds;
        var first = await _lives.FindAsync("m", Cancellation);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Same(first, await _lives.FindAsync("m", Cancellation));
        Assert.Equal(asked + 1, _store.Finds);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotSame(first, await _lives.FindAsync("m", Cancellation));
    }

    [Fact]
    public async Task A_store_that_is_away_leaves_what_is_known()
    {
        await _lives.SaveAsync("m", Taught(400), Cancellation);
        var known = await _lives.FindAsync("m", Cancellation);
        (_store.IsAway, var later) = (true, TimeSpan.FromHours(2));
        _time.Advance(later);
        Assert.Same(known, await _lives.FindAsync("m", Cancellation));
        Assert.Null(await _lives.FindAsync("other", Cancellation));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 99, 0, 0 })]
    [InlineData(new byte[] { 1, 1, 0, 7 })]
    public void Another_form_is_nothing_learned_yet(byte[] stored) => Assert.Empty(LearnedLives.Read(stored).Low);

    /// <summary>By a battery that came down to its low level in about so many hours.</summary>
    private static LearnedLives Taught(int hours)
    {
        var device = new WatchedDevice(new() { Battery = new(LowVoltage: 3) }).Report(hours + 30, TimeSpan.FromHours(1), i => new() { BatteryVoltage = 3.5 - 0.5 * i / hours });
        var lives = new LearnedLives();
        lives.Add(in device.State);
        return lives;
    }

    private sealed class Store : IModelLives
    {
        private readonly Dictionary<string, byte[]> _rows = [];

        public bool IsAway { get; set; }

        public int Finds { get; private set; }

        public int Saves { get; private set; }

        public Task<byte[]?> FindAsync(string model, CancellationToken cancellationToken)
        {
            Finds++;
            return IsAway ? throw new UnavailableException("table storage", null) : Task.FromResult(_rows.GetValueOrDefault(model));
        }

        public Task SaveAsync(string model, byte[] lives, CancellationToken cancellationToken)
        {
            Saves++;
            _rows[model] = lives;
            return Task.CompletedTask;
        }
    }
}
