using IoTBackend.Agent.Host;

namespace Agent.Tests.Host;

public sealed class WordsTests
{
    [Theory]
    [InlineData("Get \"https://s3.example.com/blob?X-Amz-Signature=1f2e&a=b\": EOF", "Get \"https://s3.example.com/blob\": EOF")]
    [InlineData("a://b?c d://e?f", "a://b d://e")]
    [InlineData("cannot connect to postgres://app:se@cret@db/x@y?sslmode=require, 2 of 3", "cannot connect to postgres://db/x@y 2 of 3")]
    [InlineData("amqps://app:secret@mq", "amqps://mq")]
    [InlineData("is it there? no space left", "is it there? no space left")]
    [InlineData("://", "://")]
    [InlineData("?", "?")]
    [InlineData("", "")]
    public void An_address_is_told_without_what_gives_access_to_it(string said, string expected) => Assert.Equal(expected, Words.WithoutAccess(said));

    [Fact]
    public void Last_words_are_one_short_line()
    {
        Assert.Equal("a b c d", Words.Last(" a\nb\u202ec\u2028d ", [], 120));
        Assert.Equal(new string('x', 120), Words.Last(new string('x', 5000), [], 120));
        Assert.Equal("port *** is taken by 1", Words.Last("port 5432-longer is taken by 1", ["5432", "5432-longer", "1", ""], 120));
        Assert.Equal("*** is no key", Words.Last("MIIEvQ== is no key", ["-----BEGIN KEY-----\r\nMIIEvQ==\r\n-----END KEY-----"], 120));
    }
}
