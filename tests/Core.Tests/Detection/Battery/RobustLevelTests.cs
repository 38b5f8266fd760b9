using IoTBackend.Core.Detection.Battery;
using Xunit;

namespace Core.Tests.Detection.Battery;

public class RobustLevelTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    [InlineData(100_000)]
    public void The_level_is_the_median_of_the_latest_eleven_readings_whatever_comes(int differentLevels)
    {
        var random = new Random(differentLevels);
        var (level, latest, stated) = (new RobustLevel(), new List<float>(), 0f);
        for (var i = 0; i < 20_000; i++)
        {
            if (random.Next(100) == 0)
            {
                level.Pause();
                latest.Clear();
            }
            var reading = 3 + (float)random.Next(differentLevels) / differentLevels;
            level.Add(reading);
            latest.Add(reading);
            if (latest.Count > RobustLevel.Window)
                latest.RemoveAt(0);
            if (latest.Count >= 5)
            {
                var sorted = latest.Order().ToArray();
                stated = sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
            }
            Assert.Equal(stated, level.Median);
        }
    }
}
