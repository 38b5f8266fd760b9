// The commands' options are made once for a process, which runs one command; here many are run, one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
