package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/drill"
)

func cleanCommand() *cobra.Command {
	var which containers.Which
	c := &cobra.Command{
		Use:   "clean",
		Short: "Remove what earlier runs left",
		Long: `Remove containers and build directories of runs that are no more, and pods that
were kept on purpose. Runs that are under way are left alone, unless --all is given.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			which.Kept = true
			swept, err := drill.Clean(c.Context(), which)
			if err != nil {
				return environment(err)
			}
			fmt.Fprintf(c.OutOrStdout(), "removed %s, %s, %s\n", count(swept.Containers, "container"),
				count(swept.Directories, "build directory"), count(swept.Images, "image"))
			return nil
		},
	}
	c.Flags().BoolVar(&which.Living, "all", false, "also what belongs to runs that are under way")
	c.Flags().BoolVar(&which.Images, "images", false, "also the images that badgateway made")
	return c
}

func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case what[len(what)-1] == 'y':
		return fmt.Sprintf("%d %sies", n, what[:len(what)-1])
	}
	return fmt.Sprintf("%d %ss", n, what)
}
